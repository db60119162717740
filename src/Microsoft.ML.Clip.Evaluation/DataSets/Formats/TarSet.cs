using System.Formats.Tar;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// CLIP_benchmark's layout of webdataset: <c>classnames.txt</c>, <c>zeroshot_classification_templates.txt</c>, and for each split a folder of numbered tar
/// files, in which the files of one image follow each other: <c>NAME.jpg</c> (png, webp) and <c>NAME.cls</c>, the label as a number.
/// </summary>
internal static class TarSet
{
    /// <summary>In the folder of a split, the number of its tar files.</summary>
    public const string ShardsFile = "nshards.txt";

    private const string TemplatesFile = "zeroshot_classification_templates.txt", LabelField = "cls";

    // A tar file is blocks of 512 bytes: for each entry a head and its content; two of zeros end it (POSIX.1-1988, ustar).
    private const int Block = 512, MaximumEntry = 256 << 20, MaximumExtension = 1 << 20, MaximumLabel = 64;

    private static readonly string[] ImageFields = ["jpg", "jpeg", "png", "webp"];

    public static ClipDataSet Open(string folder, string split)
    {
        string root = DataFiles.Folder(folder);
        if (split.Length == 0 || split is "." or ".." || split.AsSpan().ContainsAny('/', '\\', ':'))
        {
            throw new ArgumentException($"'{split}' is no name of a split; expected that of a folder, such as 'test'.", nameof(split));
        }
        string[] names = DataFiles.ClassNames(Path.Combine(root, FolderSet.NamesFile));
        string[] shards = Shards(DataFiles.Folder(Path.Combine(root, split)));
        string templates = Path.Combine(root, TemplatesFile);
        return new ClipDataSet($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(root))}/{split}", names, imagesAreFiles: false, () => shards.SelectMany(Read))
        {
            Templates = File.Exists(templates) ? Templates(templates) : null,
        };
    }

    /// <summary>Whether it is one of the lists beside the folders of the splits.</summary>
    public static bool IsList(string name) => name is FolderSet.NamesFile or TemplatesFile;

    private static string[] Templates(string file)
    {
        string[] lines = [.. DataFiles.Lines(file).Select(l => l.Trim().Replace("{c}", "{}", StringComparison.Ordinal))];
        int without = Array.FindIndex(lines, l => !l.Contains("{}", StringComparison.Ordinal));
        return without < 0 ? lines : throw new InvalidDataException($"Line {without + 1} of '{file}' has no {{c}} where the class name goes: '{lines[without]}'.");
    }

    private static string[] Shards(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*.tar");
        var numbered = new SortedDictionary<int, string>();
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !numbered.TryAdd(number, file))
            {
                throw new InvalidDataException($"'{file}' is no numbered tar file, or has the number of another; expected 0.tar, 1.tar and so on.");
            }
        }
        int expected = numbered.Count == 0 ? 1 : numbered.Keys.Last() + 1;
        string shardsFile = Path.Combine(folder, ShardsFile);
        string? said = File.Exists(shardsFile) ? DataFiles.Lines(shardsFile)[0].Trim() : null;
        if (said is not null && !int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out expected))
        {
            throw new InvalidDataException($"'{shardsFile}' has to hold the number of tar files; it holds '{said}'.");
        }
        int missing = Enumerable.Range(0, Math.Max(Math.Min(expected, numbered.Count + 1), 0)).FirstOrDefault(i => !numbered.ContainsKey(i), -1);
        return missing < 0 && numbered.Count == expected && expected > 0 ? [.. numbered.Values]
            : throw new InvalidDataException($"'{folder}' has {numbered.Count} tar files; expected {expected}{(missing < 0 ? "" : $", and there is no '{missing}.tar'")}.");
    }

    private static IEnumerable<ClipDataSetRow> Read(string path)
    {
        using var stream = RegularFile.Open(path);
        Check(stream, path);
        stream.Position = 0;
        using var tar = new TarReader(stream);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string archive = $"{Path.GetFileName(Path.GetDirectoryName(path))}/{Path.GetFileName(path)}";
        Sample? sample = null;
        while (Next(tar, path) is { } entry)
        {
            if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes)
            {
                continue;
            }
            int dot = entry.Name.IndexOf('.', entry.Name.LastIndexOf('/') + 1);
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || dot < 0)
            {
                throw new InvalidDataException($"'{path}' has the entry '{entry.Name}' ({entry.EntryType}); expected files, NAME.jpg, NAME.png or NAME.webp and NAME.cls.");
            }
            string key = entry.Name[..dot], field = entry.Name[(dot + 1)..].ToLowerInvariant();
            if (sample?.Key != key)
            {
                if (sample is not null)
                {
                    yield return sample.ToRow(path, archive);
                }
                sample = seen.Add(key) ? new Sample(key) : throw new InvalidDataException($"'{path}' has '{key}' twice, at '{entry.Name}' again after other entries.");
            }
            bool isImage = ImageFields.Contains(field), isLabel = field == LabelField;
            if (isImage ? sample.Image is not null : isLabel && sample.Label is not null)
            {
                throw new InvalidDataException($"'{path}' has {(isImage ? "an image" : "a label")} of '{key}' twice, at '{entry.Name}' again.");
            }
            if (isImage)
            {
                sample.Image = Content(entry, path, MaximumEntry);
            }
            else if (isLabel)
            {
                string text = Encoding.ASCII.GetString(Content(entry, path, MaximumLabel)).Trim();
                sample.Label = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int label) ? label
                    : throw new InvalidDataException($"'{entry.Name}' of '{path}' holds '{text}'; expected a label, a number from 0.");
            }
        }
        if (sample is not null)
        {
            yield return sample.ToRow(path, archive);
        }
    }

    private static TarEntry? Next(TarReader tar, string path)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"The tar file '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static byte[] Content(TarEntry entry, string path, int most)
    {
        if (entry.Length > most || entry.Length == 0 || entry.DataStream is null)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{entry.Name}' of '{path}' has {entry.Length:N0} bytes; expected 1 to {most:N0}."));
        }
        byte[] bytes = new byte[entry.Length];
        int read = entry.DataStream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : throw new InvalidDataException($"The tar file '{path}' is cut short within '{entry.Name}'.");
    }

    // The framework's reader takes a file that was cut between two entries for a whole one, and asks for as much memory as a head says. Heads are gone
    // through once before.
    private static void Check(FileStream stream, string path)
    {
        byte[] head = new byte[Block];
        long at = 0;
        for (int entries = 0; ; entries++)
        {
            stream.Position = at;
            int read = stream.ReadAtLeast(head, Block, throwOnEndOfStream: false);
            if (read < Block)
            {
                throw Cut("the next head");
            }
            if (!head.AsSpan().ContainsAnyExcept((byte)0))
            {
                return;
            }
            string name = Text(0, 100);
            int sum = head.Sum(b => b) - head.AsSpan(148, 8).ToArray().Sum(b => b) + (8 * ' ');
            if (Octal(148, 8) != sum)
            {
                throw new InvalidDataException(FormattableString.Invariant($"'{path}' is no tar file, or damaged: its entry {entries} (counted from 0), at byte {at}, has a wrong checksum."));
            }
            if (Octal(124, 12) is not { } size || ((char)head[156] is 'x' or 'g' or 'L' or 'K' && size > MaximumExtension))
            {
                throw new InvalidDataException($"'{path}' has an entry '{name}' whose size cannot be right.");
            }
            at += Block + ((size + Block - 1) / Block * Block);
            if (at > stream.Length)
            {
                throw Cut($"'{name}'");
            }

            InvalidDataException Cut(string what) =>
                new(FormattableString.Invariant($"The tar file '{path}' is cut short within {what}, after {entries} entries, at byte {Math.Min(at, stream.Length)} of {stream.Length}."));
        }

        string Text(int from, int length) => Encoding.UTF8.GetString(head, from, length).TrimEnd('\0');

        long? Octal(int from, int length)
        {
            long value = 0;
            foreach (char digit in Text(from, length).Trim(' ', '\0'))
            {
                if (digit is < '0' or > '7')
                {
                    return null;
                }
                value = (8 * value) + digit - '0';
            }
            return value;
        }
    }

    private sealed class Sample(string key)
    {
        public string Key => key;

        public byte[]? Image { get; set; }

        public int? Label { get; set; }

        public ClipDataSetRow ToRow(string path, string archive) => Image is not null && Label is { } label ? new ClipDataSetRow($"{archive}/{key}", Image, label)
            : throw new InvalidDataException($"'{path}' has no {(Image is null ? "image (jpg, jpeg, png, webp)" : "label (cls)")} of '{key}'.");
    }
}
