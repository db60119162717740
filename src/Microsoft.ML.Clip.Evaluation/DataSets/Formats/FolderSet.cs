namespace Microsoft.ML.Clip;

/// <summary>A folder for each class.</summary>
internal static class FolderSet
{
    /// <summary>Beside the folders, the names of their classes in the order of the folders.</summary>
    public const string NamesFile = "classnames.txt";

    // As folders of images are named; in any case, GTSRB's are "Train" and "Test".
    public static readonly string[] TestSplits = ["test", "testing", "val", "valid", "validation"], TrainSplits = ["train", "training"];

    private static readonly string[] OtherSplits = ["dev", "eval", "extra", "unlabeled", "unlabelled"];

    public static ClipDataSet Open(string folder, IReadOnlyList<string>? classNames)
    {
        string root = DataFiles.Folder(folder);
        string[] folders = DataFiles.AtLeastTwo(Folders(root), root);
        string namesFile = Path.Combine(root, NamesFile);
        if (classNames is null && !File.Exists(namesFile) && AreSplits(root, folders))
        {
            throw new InvalidDataException($"'{root}' has the folders {string.Join(", ", folders)}, which are splits with folders in them; expected a folder for each class, as one of these has.");
        }
        string[] names = classNames is not null ? DataFiles.Given(classNames, folders.Length, "folders", root)
            : File.Exists(namesFile) ? DataFiles.Given(DataFiles.ClassNames(namesFile), folders.Length, "folders", root) : folders;
        return Of(root, folders, names);
    }

    /// <summary>Whether all folders are splits by their names, with folders in them. Taken for classes they would be measured without a complaint.</summary>
    public static bool AreSplits(string root, string[] folders) => folders.Length > 0 && Array.TrueForAll(folders, f =>
        TestSplits.Concat(TrainSplits).Concat(OtherSplits).Contains(f, StringComparer.OrdinalIgnoreCase) && Folders(Path.Combine(root, f)).Length > 0);

    /// <summary>The folders in a folder, in ordinal order; hidden ones are left out, and that of macOS's archives, whose files are hidden.</summary>
    public static string[] Folders(string root) =>
        [.. Directory.EnumerateDirectories(root).Select(d => Path.GetFileName(d)!).Where(n => n[0] != '.' && n != "__MACOSX").Order(StringComparer.Ordinal)];

    /// <summary>A set of these folders, in this order, by these names.</summary>
    public static ClipDataSet Of(string root, string[] folders, string[] names)
    {
        var beside = Directory.EnumerateFiles(root, "*", new EnumerationOptions { IgnoreInaccessible = false }).Select(f => Path.GetFileName(f)!);
        var skipped = new List<string>(beside.Where(n => n != NamesFile));
        long count = 0;
        foreach (string name in folders)
        {
            string[] files = DataFiles.Files(Path.Combine(root, name));
            string[] others = [.. files.Where(f => !DataFiles.IsImage(f)).Select(f => $"{name}/{f}")];
            if (files.Length == others.Length)
            {
                throw new InvalidDataException($"The folder '{name}' of '{root}' has no image; expected a folder of images for each class. It has {files.Length} other files.");
            }
            count += files.Length - others.Length;
            skipped.AddRange(others);
        }
        skipped.Sort(StringComparer.Ordinal);
        return new ClipDataSet(Path.GetFileName(Path.TrimEndingDirectorySeparator(root)), names, imagesAreFiles: true, () => Read(root, folders))
        {
            Count = count,
            Skipped = skipped,
        };
    }

    private static IEnumerable<ClipDataSetRow> Read(string root, string[] folders)
    {
        for (int label = 0; label < folders.Length; label++)
        {
            string folder = Path.Combine(root, folders[label]);
            foreach (string file in DataFiles.Files(folder).Where(DataFiles.IsImage))
            {
                yield return new ClipDataSetRow($"{folders[label]}/{file}", Path.Combine(folder, file), label);
            }
        }
    }
}
