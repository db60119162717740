namespace Microsoft.ML.Clip;

/// <summary>Which kind of set lies at a path, by the files that each kind has.</summary>
internal static class TaskFinder
{
    private static readonly string[] TestSplits = ["test", "val", "validation"];
    private static readonly string[] TrainImages = ["train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"];
    private static readonly string[] TestImages = ["t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"];
    private static readonly string[] Digits = [.. Enumerable.Range(0, 10).Select(i => $"{i}")];

    public static ClipEvaluationTask Find(string path, string name, ClipTaskSettings settings)
    {
        bool isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path))
        {
            throw new DirectoryNotFoundException($"There is no folder or file '{path}' to find a data set in.");
        }
        var (test, train) = !isFolder ? (Path.GetExtension(path) == ".parquet" ? ClipDataSet.FromParquet(path, classNames: settings.Names) : null, null)
            : Has(path, "captions.txt") || Has(path, "annotations") ? (null, null)
            : Has(path, "batches.meta.txt") || Has(path, "batches.meta") ? Both(split => ClipDataSet.FromCifar10(path, split))
            : Has(path, "fine_label_names.txt") || (Has(path, "meta") && !Directory.Exists(Path.Combine(path, "train"))) ? Both(split => ClipDataSet.FromCifar100(path, split))
            : TestSplits.FirstOrDefault(s => Has(path, s, "0.tar")) is { } split ? (ClipDataSet.FromWebDataset(path, split),
                Has(path, "train", "0.tar") ? ClipDataSet.FromWebDataset(path, "train") : null)
            : TestImages.FirstOrDefault(f => Has(path, f)) is { } images ? (Idx(path, images, settings),
                TrainImages.FirstOrDefault(f => Has(path, f)) is { } own ? Idx(path, own, settings) : null)
            : Split(path, FolderSet.TestSplits) is { } part ? (Folders(path, part, settings), Split(path, FolderSet.TrainSplits) is { } learn
                ? Folders(path, learn, settings) : null)
            : Directory.EnumerateFiles(path, "*.parquet", SearchOption.AllDirectories).Any() ? Parquet(path, settings)
            : (ClipDataSet.FromFolders(Classes(path), settings.Names), null);
        if (test is null)
        {
            return new ClipRetrievalTask(name, Captions(path)) { Prompt = settings.Prompt ?? "" };
        }
        // Without a published split a half is to learn from, where somebody asks for a probe; zero-shot takes all otherwise.
        if (train is null && settings.SplitsInHalves)
        {
            (train, test) = test.Split();
        }
        return new ClipClassificationTask(name, test)
        {
            Train = train,
            Benchmark = settings.Benchmark ?? Known(name) ?? Known(test.Name),
            Templates = settings.Templates,
        };
    }

    // test-00000-of-00003.parquet, test/0000.parquet
    private static (ClipDataSet? Test, ClipDataSet? Train) Parquet(string path, ClipTaskSettings settings)
    {
        string[] files = [.. Directory.EnumerateFiles(path, "*.parquet", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(path, f))];
        string[] splits = [.. TestSplits.Append("train").Where(s => files.Any(f => f.Split(Path.DirectorySeparatorChar).Any(part => part == s
            || part == s + ".parquet" || part.StartsWith(s + "-", StringComparison.Ordinal))))];
        return splits.FirstOrDefault(s => s != "train") is not { } test ? (ClipDataSet.FromParquet(path, classNames: settings.Names), null)
            : (ClipDataSet.FromParquet(path, test, classNames: settings.Names),
                splits.Contains("train") ? ClipDataSet.FromParquet(path, "train", classNames: settings.Names) : null);
    }

    private static (ClipDataSet? Test, ClipDataSet? Train) Both(Func<string, ClipDataSet> open) => (open("test"), open("train"));

    private static ClipDataSet Folders(string path, string split, ClipTaskSettings settings)
    {
        string names = Path.Combine(path, "classnames.txt");
        return ClipDataSet.FromFolders(Path.Combine(path, split), settings.Names ?? (File.Exists(names) ? ClipDataSet.ReadClassNames(names) : null));
    }

    private static ClipDataSet Idx(string path, string images, ClipTaskSettings settings)
    {
        string names = Path.Combine(path, "classnames.txt");
        return ClipDataSet.FromIdx(Path.Combine(path, images), Path.Combine(path, images.Replace("images-idx3", "labels-idx1", StringComparison.Ordinal)),
            settings.Names ?? (File.Exists(names) ? ClipDataSet.ReadClassNames(names) : Digits));
    }

    private static ClipCaptionSet Captions(string path)
    {
        if (File.Exists(path))
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return Path.GetExtension(path) != ".json" ? ClipCaptionSet.FromFlickr(path, Images(folder))
                : Path.GetFileName(path).StartsWith("dataset_", StringComparison.Ordinal) ? ClipCaptionSet.FromKarpathy(path, Images(folder))
                : Coco(path, Path.GetDirectoryName(folder)!);
        }
        string table = Path.Combine(path, "captions.txt");
        return File.Exists(table) ? ClipCaptionSet.FromFlickr(table, Images(path))
            : Directory.EnumerateFiles(Path.Combine(path, "annotations"), "captions_*.json").Order(StringComparer.Ordinal).FirstOrDefault() is { } file ? Coco(file, path)
            : throw new InvalidDataException($"'{path}' has no captions.txt and no annotations/captions_*.json.");
    }

    // captions_val2017.json is of the images in val2017.
    private static ClipCaptionSet Coco(string file, string folder) =>
        ClipCaptionSet.FromCoco(file, Path.Combine(folder, Path.GetFileNameWithoutExtension(file).Replace("captions_", "", StringComparison.Ordinal)));

    private static string Images(string folder) =>
        new[] { "images", "Images", "Flicker8k_Dataset" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(Directory.Exists) ?? folder;

    private static ClipBenchmark? Known(string name) => ClipBenchmarks.All27.FirstOrDefault(b =>
        Same(b.Key, name) || Same(b.Key[(b.Key.IndexOf('/', StringComparison.Ordinal) + 1)..], name) || Same(b.Name, name));

    private static bool Same(string a, string b) => string.Equals(Letters(a), Letters(b), StringComparison.OrdinalIgnoreCase);

    private static string Letters(string text) => string.Concat(text.Where(char.IsAsciiLetterOrDigit));

    private static bool Has(string folder, params ReadOnlySpan<string> parts) => Path.Exists(Path.Combine([folder, .. parts]));

    /// <summary>The folder of a split, as it is written there; one with classes to tell apart first.</summary>
    private static string? Split(string path, string[] names)
    {
        string[] found = [.. names.SelectMany(n => FolderSet.Folders(path).Where(f => string.Equals(f, n, StringComparison.OrdinalIgnoreCase)))
            .Where(f => IsOfFolders(Path.Combine(path, f)))];
        return found.FirstOrDefault(f => FolderSet.Folders(Path.Combine(path, f)).Length > 1) ?? found.FirstOrDefault();
    }

    private static string Classes(string path)
    {
        string[] folders = FolderSet.Folders(path);
        return FolderSet.AreSplits(path, folders)
            ? throw new InvalidDataException($"'{path}' has the splits {string.Join(", ", folders)} and none to test on; expected {string.Join(", ", FolderSet.TestSplits)}, or the path of one of them.") : path;
    }

    private static bool IsOfFolders(string folder) => Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any();
}
