namespace Microsoft.ML.Clip;

/// <summary>PASCAL VOC's lists: one for each class, each of all images.</summary>
internal static class VocFiles
{
    private const string Lists = "ImageSets/Main", Images = "JPEGImages";

    public static ClipMultiLabelSet Read(string folder, string split)
    {
        if (string.IsNullOrWhiteSpace(split) || split.AsSpan().ContainsAny('/', '\\', '*'))
        {
            throw new ArgumentException($"'{split}' is no name of a split; expected 'test', 'trainval', 'train' or 'val'.", nameof(split));
        }
        string root = DataFiles.Folder(folder), lists = DataFiles.Folder(Path.Combine(root, Lists)), pictures = DataFiles.Folder(Path.Combine(root, Images));
        string ending = $"_{split}.txt";
        string[] files = [.. DataFiles.Files(lists).Where(f => f.EndsWith(ending, StringComparison.Ordinal))];
        string[] classes = DataFiles.AtLeastTwo([.. files.Select(f => f[..^ending.Length])], $"{lists}/*{ending}");
        string[] names = [.. Lines(Path.Combine(lists, files[0])).Select(l => l.Image)];
        string[] images = [.. names.Select((name, i) => DataFiles.Named(pictures, name + ".jpg", $"Line {i + 1} of '{Path.Combine(lists, files[0])}'"))];
        var labels = names.Select(_ => new List<int>()).ToArray();
        var difficult = names.Select(_ => new List<int>()).ToArray();
        for (int k = 0; k < classes.Length; k++)
        {
            string path = Path.Combine(lists, files[k]);
            var lines = Lines(path);
            if (lines.Length != names.Length)
            {
                throw new InvalidDataException($"'{path}' has {lines.Length} images; expected {names.Length}, as '{files[0]}' has.");
            }
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].Image != names[i])
                {
                    throw new InvalidDataException($"Line {i + 1} of '{path}' is of the image '{lines[i].Image}'; expected '{names[i]}', as in '{files[0]}'.");
                }
                if (lines[i].Mark >= 0)
                {
                    (lines[i].Mark == 0 ? difficult : labels)[i].Add(k);
                }
            }
        }
        return new ClipMultiLabelSet($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(root))}/{split}", classes, images, labels, difficult);
    }

    private static (string Image, int Mark)[] Lines(string path)
    {
        string[] lines = DataFiles.Lines(path);
        var marks = new (string, int)[lines.Length];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not [_, "1" or "0" or "-1"])
            {
                throw new InvalidDataException($"Line {i + 1} of '{path}' is '{lines[i]}'; expected the name of an image and 1, 0 or -1.");
            }
            if (!seen.Add(words[0]))
            {
                throw new InvalidDataException($"Line {i + 1} of '{path}' has the image '{words[0]}' again.");
            }
            marks[i] = (words[0], words[1] == "-1" ? -1 : words[1][0] - '0');
        }
        return marks;
    }
}
