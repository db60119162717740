namespace Microsoft.ML.Clip;

/// <summary>Captions of Flickr8k and Flickr30k as a table, and Karpathy's splits.</summary>
internal static class CaptionFiles
{
    private const string Head = "image,caption";

    public static ClipCaptionSet Flickr(string file, string imageFolder)
    {
        ArgumentNullException.ThrowIfNull(file);
        string folder = DataFiles.Folder(imageFolder);
        string[] lines = DataFiles.Lines(file);
        if (lines[0] != Head || lines.Length == 1)
        {
            throw new InvalidDataException($"'{file}' begins with '{Shown(lines[0])}' and has {lines.Length} lines; expected the head '{Head}' and a caption in each line after it.");
        }
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var images = new List<string>();
        string[] captions = new string[lines.Length - 1];
        int[] imageOfText = new int[captions.Length];
        for (int i = 0; i < captions.Length; i++)
        {
            string line = lines[i + 1], place = FormattableString.Invariant($"Line {i + 2} of '{file}'");
            int comma = line.IndexOf(',', StringComparison.Ordinal);
            string name = comma < 0 ? "" : line[..comma], caption = comma < 0 ? "" : Unquoted(line[(comma + 1)..]);
            if (name.Length == 0 || string.IsNullOrWhiteSpace(caption))
            {
                throw new InvalidDataException($"{place} is '{Shown(line)}'; expected the name of an image, a comma and a caption.");
            }
            if (!places.TryGetValue(name, out imageOfText[i]))
            {
                imageOfText[i] = places[name] = images.Count;
                images.Add(DataFiles.Named(folder, name, place));
            }
            captions[i] = caption;
        }
        return new ClipCaptionSet(Path.GetFileNameWithoutExtension(file), images, captions, imageOfText);
    }

    public static ClipCaptionSet Karpathy(string file, string imageFolder, string split)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(split);
        string folder = DataFiles.Folder(imageFolder);
        var splits = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        List<string> images = [], captions = [];
        List<int> imageOfText = [];
        JsonRecords.Read(file, ("images", Add));
        return images.Count > 0 ? new ClipCaptionSet($"{Path.GetFileNameWithoutExtension(file)}/{split}", images, captions, imageOfText)
            : throw new InvalidDataException($"'{file}' has no images of the split '{split}'; it has {(splits.Count == 0 ? "none at all" : string.Join(", ", splits.Select(s => $"{s.Value} of '{s.Key}'")))}.");

        void Add(JsonRecord image)
        {
            string own = image.Text("split"), name = image.TextOrNull("filepath") is { Length: > 0 } below ? $"{below}/{image.Text("filename")}" : image.Text("filename");
            splits[own] = splits.GetValueOrDefault(own) + 1;
            if (!names.Add(name))
            {
                throw new InvalidDataException($"{image.Place} has the file '{name}' of an image before it.");
            }
            if (own != split)
            {
                return;
            }
            var sentences = image.List("sentences");
            if (sentences.Length == 0)
            {
                throw new InvalidDataException($"{image.Place}, '{name}', has no caption.");
            }
            captions.AddRange(sentences.Select(s => s.Text("raw")));
            imageOfText.AddRange(Enumerable.Repeat(images.Count, sentences.Length));
            images.Add(DataFiles.Named(folder, name, image.Place));
        }
    }

    // As spreadsheets write what has commas: in quotes, and those within doubled. Quotes that are part of a caption are not in this form.
    private static string Unquoted(string caption)
    {
        if (caption.Length < 2 || caption[0] != '"' || caption[^1] != '"')
        {
            return caption;
        }
        string inner = caption[1..^1];
        return inner.Replace("\"\"", "", StringComparison.Ordinal).Contains('"', StringComparison.Ordinal) ? caption
            : inner.Replace("\"\"", "\"", StringComparison.Ordinal);
    }

    private static string Shown(string line) => line.Length <= 100 ? line : line[..100] + "...";
}
