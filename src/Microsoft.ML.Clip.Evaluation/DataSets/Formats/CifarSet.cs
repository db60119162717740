namespace Microsoft.ML.Clip;

/// <summary>
/// CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary and in their Python version: 32 x 32 pixels, the planes of red, green and blue after one another.
/// </summary>
internal static class CifarSet
{
    private const int Side = 32, Plane = Side * Side, Pixels = 3 * Plane, Batches = 5, MaximumClasses = 1_000;

    public static ClipDataSet Open10(string folder, string split)
    {
        string root = DataFiles.Folder(folder);
        string[] batches = split switch
        {
            "train" => [.. Enumerable.Range(1, Batches).Select(i => $"data_batch_{i}")],
            "test" => ["test_batch"],
            _ => throw new ArgumentException($"CIFAR-10 has no split '{split}'; expected 'train' or 'test'.", nameof(split)),
        };
        return Open(root, $"cifar10/{split}", batches, "batches.meta", "batches.meta.txt", "label_names", "labels", labelBytes: 1, label: 0);
    }

    public static ClipDataSet Open100(string folder, string split, bool coarse)
    {
        string root = DataFiles.Folder(folder), kind = coarse ? "coarse" : "fine";
        if (split is not ("train" or "test"))
        {
            throw new ArgumentException($"CIFAR-100 has no split '{split}'; expected 'train' or 'test'.", nameof(split));
        }
        return Open(root, $"cifar100/{kind}/{split}", [split], "meta", $"{kind}_label_names.txt", $"{kind}_label_names", $"{kind}_labels", labelBytes: 2, coarse ? 0 : 1);
    }

    private static ClipDataSet Open(string root, string name, string[] batches, string pickledNames, string textNames, string namesKey, string labelsKey,
        int labelBytes, int label)
    {
        string namesFile = Path.Combine(root, textNames), pickle = Path.Combine(root, pickledNames);
        if (File.Exists(namesFile))
        {
            string[] files = Present(root, [.. batches.Select(b => b + ".bin")]);
            long count = files.Sum(f => RowCount(f, labelBytes + Pixels));
            return new ClipDataSet(name, DataFiles.ClassNames(namesFile), imagesAreFiles: false, () => files.SelectMany(f => Binary(f, labelBytes, label)))
            {
                Count = count,
            };
        }
        if (File.Exists(pickle))
        {
            string[] files = Present(root, batches);
            var names = List(Dictionary(pickle), namesKey, pickle);
            if (names.Count > MaximumClasses)
            {
                throw new InvalidDataException($"'{namesKey}' in '{pickle}' has {names.Count} names; expected at most {MaximumClasses}.");
            }
            string[] classes = [.. names.Select((n, i) => PickleText.Of(n) ?? throw new InvalidDataException($"Entry {i} (counted from 0) of '{namesKey}' in '{pickle}' is no text."))];
            return new ClipDataSet(name, DataFiles.AtLeastTwo(classes, pickle), imagesAreFiles: false, () => files.SelectMany(f => Pickled(f, labelsKey)));
        }
        throw new FileNotFoundException($"'{root}' has neither '{textNames}' (the binary version) nor '{pickledNames}' (the Python version).", namesFile);
    }

    private static string[] Present(string root, string[] names)
    {
        string[] missing = [.. names.Where(n => !File.Exists(Path.Combine(root, n)))];
        return missing.Length == 0 ? [.. names.Select(n => Path.Combine(root, n))]
            : throw new FileNotFoundException($"'{root}' lacks {string.Join(", ", missing.Select(m => $"'{m}'"))}; expected all of {string.Join(", ", names)}.", missing[0]);
    }

    private static long RowCount(string file, int rowLength)
    {
        using var stream = RegularFile.Open(file);
        long rows = stream.Length / rowLength, rest = stream.Length % rowLength;
        return rest == 0 ? rows : throw new InvalidDataException(FormattableString.Invariant($"'{file}' is cut short, or of another set: after {rows} rows of {rowLength} bytes it has {rest} more."));
    }

    private static IEnumerable<ClipDataSetRow> Binary(string file, int labelBytes, int label)
    {
        using var stream = RegularFile.Open(file, FileOptions.SequentialScan);
        byte[] row = new byte[labelBytes + Pixels];
        string name = Path.GetFileName(file);
        long rows = stream.Length / row.Length;
        for (long i = 0; i < rows; i++)
        {
            stream.ReadExactly(row);
            yield return Row(FormattableString.Invariant($"{name}[{i}]"), row.AsSpan(labelBytes), row[label]);
        }
    }

    private static IEnumerable<ClipDataSetRow> Pickled(string file, string labelsKey)
    {
        var batch = Dictionary(file);
        var labels = List(batch, labelsKey, file);
        if (batch.GetValueOrDefault("data") is not PickleArray { Sizes: [var rows, Pixels] } data)
        {
            string found = batch.GetValueOrDefault("data") is PickleArray other ? $"an array of {string.Join(" x ", other.Sizes)}" : "none";
            throw new InvalidDataException($"'data' of '{file}' has to be an array of rows of {Pixels} bytes; there is {found}.");
        }
        if (labels.Count != rows)
        {
            throw new InvalidDataException($"'{file}' has {rows} images, but {labels.Count} labels.");
        }
        string name = Path.GetFileName(file);
        for (int i = 0; i < rows; i++)
        {
            int label = labels[i] is long and >= 0 and <= int.MaxValue ? (int)(long)labels[i]!
                : throw new InvalidDataException($"Row {i} (counted from 0) of '{file}' has the label '{labels[i]}'; expected a number from 0.");
            yield return Row(FormattableString.Invariant($"{name}[{i}]"), data.Bytes.Span.Slice(i * Pixels, Pixels), label);
        }
    }

    private static ClipDataSetRow Row(string name, ReadOnlySpan<byte> pixels, int label) =>
        new(name, BmpImage.FromPlanes(pixels[..Plane], pixels[Plane..(2 * Plane)], pixels[(2 * Plane)..], Side, Side), label);

    private static Dictionary<string, object?> Dictionary(string file) => PickleReader.Read(DataFiles.Bytes(file, PickleReader.MaximumFile), file)
        as Dictionary<string, object?> ?? throw new InvalidDataException($"The pickle '{file}' holds no dictionary.");

    private static List<object?> List(Dictionary<string, object?> from, string key, string file) => from.GetValueOrDefault(key) as List<object?>
        ?? throw new InvalidDataException($"The pickle '{file}' has no list '{key}'; it has {string.Join(", ", from.Keys.Take(10).Select(k => $"'{k}'"))}.");
}
