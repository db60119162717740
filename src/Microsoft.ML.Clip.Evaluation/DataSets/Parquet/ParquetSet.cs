using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>
/// Parquet files with images in them, as Hugging Face's hub has them: a group <c>image</c> of <c>bytes</c> and <c>path</c>, or a column of bytes, and labels as
/// numbers, whose names stand in the file's texts, or as names.
/// </summary>
internal static partial class ParquetSet
{
    private const string Ending = ".parquet", HubText = "huggingface", Bytes = ".bytes";

    // ImageNet's whole has 21,841 classes. Captions have one for each row.
    private const int MostNames = 100_000, LongestName = 200;

    private static readonly string[] ImageColumns = ["image", "img", "jpg", "jpeg", "png", "webp"], LabelColumns = ["label", "cls"];

    public static ClipDataSet Open(string path, string? split, string? imageColumn, string? labelColumn, IReadOnlyList<string>? classNames)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        bool isFile = File.Exists(full);
        string root = isFile ? Path.GetDirectoryName(full)! : DataFiles.Folder(full);
        string[] names = isFile ? [Path.GetFileName(full)] : Shards(DataFiles.Files(root), split, root);
        Shard[] shards = [.. names.Select(n => Shard.Open(root, n, imageColumn, labelColumn))];
        string[] classes = Classes(shards, root, classNames);
        var places = shards[0].HasNames ? Places(classes, shards[0]) : null;
        string name = isFile ? Path.GetFileNameWithoutExtension(full) : Path.GetFileName(Path.TrimEndingDirectorySeparator(full));
        return new ClipDataSet(split is null || isFile ? name : $"{name}/{split}", classes, imagesAreFiles: false, () => shards.SelectMany(s => s.Read(places)))
        {
            Count = shards.Sum(s => s.Rows),
        };
    }

    /// <summary>Which files hold a split: train-00000-of-00014.parquet, test/0000.parquet; what stands before the numbers.</summary>
    /// <param name="names">All files, relative to where they lie.</param>
    /// <param name="split">The split; null if there is only one.</param>
    /// <param name="root">Where they lie, for messages.</param>
    /// <exception cref="InvalidDataException">There is no such split, one file of it is missing, or it is not clear which files are meant.</exception>
    public static string[] Shards(IEnumerable<string> names, string? split, string root)
    {
        string[] files = [.. names.Where(f => f.EndsWith(Ending, StringComparison.OrdinalIgnoreCase))];
        if (files.Length == 0)
        {
            throw new InvalidDataException($"'{root}' has no Parquet file.");
        }
        var splits = files.GroupBy(SplitOf, StringComparer.Ordinal).ToArray();
        string all = string.Join(", ", splits.Select(s => $"'{s.Key}'"));
        var wanted = splits.Where(s => split is null || s.Key == split).ToArray();
        string[] shards = wanted.Length == 1 ? [.. wanted[0]] : throw new InvalidDataException(wanted.Length == 0
            ? $"'{root}' has no split '{split}'; its files are of {all}."
            : $"'{root}' has files of several splits, {all}; say which is meant, as together they would be training and testing on the same.");
        string[] folders = [.. shards.Select(s => Path.GetDirectoryName(s)!.Replace('\\', '/')).Distinct(StringComparer.Ordinal)];
        if (folders.Length > 1)
        {
            throw new InvalidDataException($"'{root}' has files of '{wanted[0].Key}' in several folders, '{string.Join("', '", folders)}'; say which is meant.");
        }
        // They say how many they are.
        var numbered = shards.Select(s => NumberedName().Match(s)).Where(m => m.Success).ToArray();
        foreach (var match in numbered)
        {
            int of = int.Parse(match.Groups["of"].Value, CultureInfo.InvariantCulture);
            if (of != shards.Length || numbered.Length != shards.Length)
            {
                throw new InvalidDataException($"'{root}' has {shards.Length} files of '{wanted[0].Key}'; expected {of}, as '{match.Value}' says.");
            }
        }
        return shards;
    }

    private static string SplitOf(string file)
    {
        string[] parts = file[..^Ending.Length].Split('/');
        var match = NumberedName().Match(file);
        string own = match.Success ? match.Groups["split"].Value : parts[^1].TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd('-', '_');
        return own.Length > 0 ? own : parts.Length > 1 ? parts[^2] : "";
    }

    private static string[] Classes(Shard[] shards, string root, IReadOnlyList<string>? given)
    {
        var first = shards[0];
        foreach (var shard in shards)
        {
            if (shard.HasNames != first.HasNames || !(shard.Names ?? []).SequenceEqual(first.Names ?? []))
            {
                throw new InvalidDataException($"'{shard.Path}' has other class names, or labels of another kind, than '{first.Path}'; expected files of one set.");
            }
        }
        string beside = Path.Combine(root, FolderSet.NamesFile);
        if (given is not null)
        {
            return first.Names is null ? [.. given] : DataFiles.Given(given, first.Names.Length, "classes", first.Path);
        }
        if (File.Exists(beside))
        {
            return DataFiles.ClassNames(beside);
        }
        if (first.Names is not null)
        {
            return DataFiles.AtLeastTwo(first.Names, first.Path);
        }
        if (first.HasNames)
        {
            string[] found = [.. shards.SelectMany(s => s.LabelNames()).Distinct(StringComparer.Ordinal).Take(MostNames + 1).Order(StringComparer.Ordinal)];
            return found.Length <= MostNames ? DataFiles.AtLeastTwo(found, first.Path)
                : throw new InvalidDataException($"The column '{first.Label.Path}' of '{first.Path}' has more than {MostNames} different texts; expected names of classes.");
        }
        throw new InvalidDataException($"'{first.Path}' has labels that are numbers, and neither names of classes in its text '{HubText}' nor '{FolderSet.NamesFile}' beside it; give the names.");
    }

    private static Dictionary<string, int> Places(string[] classes, Shard shard)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < classes.Length; i++)
        {
            if (!places.TryAdd(classes[i], i))
            {
                throw new InvalidDataException($"'{shard.Path}' has names as labels, and '{classes[i]}' is the name of classes {places[classes[i]]} and {i}.");
            }
        }
        return places;
    }

    [GeneratedRegex(@"(?<split>[^/]+?)-\d{1,9}-of-(?<of>\d{1,9})\.parquet$", RegexOptions.IgnoreCase)]
    private static partial Regex NumberedName();

    private sealed record Shard(string Path, string Name, ParquetFooter Footer, ParquetLeaf Image, ParquetLeaf Label, string[]? Names)
    {
        private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public long Rows => Footer.Rows;

        // Whether labels are names, and not numbers.
        public bool HasNames => Label.Type == ParquetLeaf.ByteArray;

        public static Shard Open(string root, string name, string? imageColumn, string? labelColumn)
        {
            string path = System.IO.Path.Combine(root, name);
            using var stream = RegularFile.Open(path);
            var footer = ParquetFooter.Read(stream, path);
            var image = Leaf(imageColumn is null ? ImageColumns : [imageColumn], "images", t => t == ParquetLeaf.ByteArray);
            var label = Leaf(labelColumn is null ? LabelColumns : [labelColumn], "labels", t => t is ParquetLeaf.Int32 or ParquetLeaf.Int64 or ParquetLeaf.ByteArray);
            bool isNumber = label.Type != ParquetLeaf.ByteArray;
            string[]? names = isNumber && footer.Texts.TryGetValue(HubText, out string? text) ? HubNames(text, label.Path, path) : null;
            return new Shard(path, name, footer, image, label, names);

            ParquetLeaf Leaf(string[] names, string what, Func<int, bool> isRight)
            {
                var wanted = names.SelectMany(n => (string[])[n + Bytes, n]);
                var leaf = wanted.Select(n => footer.Leaves.FirstOrDefault(l => l.Path == n)).FirstOrDefault(l => l is not null)
                    ?? throw new InvalidDataException($"'{path}' has no column of {what}, '{string.Join("', '", names)}'; its columns are {string.Join(", ", footer.Leaves.Select(l => $"'{l.Path}'").Take(50))}.");
                return isRight(leaf.Type) && !leaf.IsRepeated ? leaf
                    : throw new InvalidDataException($"The column '{leaf.Path}' of '{path}' is {(leaf.IsRepeated ? "of lists" : $"of type {leaf.Type}")}; expected {(what == "images" ? "bytes (6)" : "whole numbers (1, 2) or texts (6)")}, one a row.");
            }
        }

        public IEnumerable<string> LabelNames()
        {
            using var stream = RegularFile.Open(Path);
            long row = 0;
            foreach (var group in Footer.RowGroups)
            {
                foreach (var value in Values(stream, group, Label))
                {
                    yield return LabelText(value, row++);
                }
            }
        }

        public IEnumerable<ClipDataSetRow> Read(Dictionary<string, int>? places)
        {
            using var stream = RegularFile.Open(Path);
            long row = 0;
            foreach (var group in Footer.RowGroups)
            {
                using var images = Values(stream, group, Image).GetEnumerator();
                using var labels = Values(stream, group, Label).GetEnumerator();
                for (long i = 0; i < group.Rows; i++, row++)
                {
                    // Values checks that there are as many of both.
                    images.MoveNext();
                    labels.MoveNext();
                    var image = images.Current is { Bytes.IsEmpty: false } bytes ? bytes.Bytes
                        : throw new InvalidDataException($"{At(row)} has no image in the column '{Image.Path}': a file's path alone, or nothing.");
                    yield return new ClipDataSetRow(FormattableString.Invariant($"{Name}[{row}]"), image, LabelOf(labels.Current, row, places));
                }
            }
        }

        private int LabelOf(ParquetValue? value, long row, Dictionary<string, int>? places)
        {
            if (places is not null)
            {
                string text = LabelText(value, row);
                return places.TryGetValue(text, out int place) ? place : throw new InvalidDataException($"{At(row)} has the label '{(text.Length > LongestName ? text[..LongestName] + "..." : text)}', which is none of the {places.Count} class names.");
            }
            // Hubs say -1 where labels are kept back.
            return value?.Number switch
            {
                >= 0 and <= int.MaxValue and var label => (int)label,
                null => throw new InvalidDataException($"{At(row)} has no label."),
                var label => throw new InvalidDataException(FormattableString.Invariant($"{At(row)} has the label {label}; expected a number from 0. Sets whose labels are not public have -1.")),
            };
        }

        private string LabelText(ParquetValue? value, long row)
        {
            try
            {
                return value is { } text ? Utf8.GetString(text.Bytes.Span) : throw new InvalidDataException($"{At(row)} has no label.");
            }
            catch (DecoderFallbackException e)
            {
                throw new InvalidDataException($"{At(row)} has a label that is not UTF-8.", e);
            }
        }

        private string At(long row) => FormattableString.Invariant($"Row {row} (counted from 0) of '{Path}'");

        private IEnumerable<ParquetValue?> Values(FileStream stream, ParquetRowGroup group, ParquetLeaf leaf)
        {
            var chunk = group.Chunks.FirstOrDefault(c => c.Path == leaf.Path) ?? throw new InvalidDataException($"A group of rows of '{Path}' lacks the column '{leaf.Path}'.");
            return chunk.Values == group.Rows ? ParquetColumn.Read(stream, leaf, chunk, $"the column '{leaf.Path}' of '{Path}'")
                : throw new InvalidDataException(FormattableString.Invariant($"The column '{leaf.Path}' of '{Path}' has {chunk.Values} values for {group.Rows} rows."));
        }

        // {"info": {"features": {"label": {"names": [...], "_type": "ClassLabel"}}}}
        private static string[]? HubNames(string text, string label, string path)
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                return Find(json.RootElement, "info", "features", label, "names") is not { ValueKind: JsonValueKind.Array } names ? null
                    : [.. names.EnumerateArray().Select((n, i) => n.ValueKind == JsonValueKind.String && n.GetString()!.Trim() is { Length: > 0 } name ? name
                        : throw new InvalidDataException($"The name of class {i} in the text '{HubText}' of '{path}' is {n.GetRawText()}; expected a text that is not empty."))];
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new InvalidDataException($"The text '{HubText}' of '{path}' is not valid JSON: {e.Message}", e);
            }
        }

        private static JsonElement? Find(JsonElement element, params string[] names)
        {
            foreach (string name in names)
            {
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                {
                    return null;
                }
            }
            return element;
        }
    }
}
