using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>ImageNet: training images in folders named by synsets; validation images in one folder, with a file that says which is what.</summary>
internal static class ImageNetSet
{
    public static ClipDataSet OpenTrain(string folder, string? synsetsFile, bool isSubset, IReadOnlyList<string>? classNames)
    {
        string root = DataFiles.Folder(folder);
        string[] folders = DataFiles.AtLeastTwo(FolderSet.Folders(root), root);
        if (Array.Find(folders, f => !IsSynset(f)) is { } other)
        {
            throw new InvalidDataException($"The folder '{other}' of '{root}' is not named by a synset, such as 'n01440764'.");
        }
        if (synsetsFile is null)
        {
            return FolderSet.Of(root, folders, classNames is null ? folders : DataFiles.Given(classNames, folders.Length, "folders", root));
        }
        var (places, names) = Synsets(synsetsFile);
        names = classNames is null ? names : DataFiles.Given(classNames, names.Length, "synsets", synsetsFile);
        if (Array.Find(folders, f => !places.ContainsKey(f)) is { } unknown)
        {
            throw new InvalidDataException($"The folder '{unknown}' of '{root}' is none of the {names.Length} synsets of '{synsetsFile}'.");
        }
        if (!isSubset && folders.Length < names.Length)
        {
            string missing = places.MinBy(p => folders.Contains(p.Key, StringComparer.Ordinal) ? int.MaxValue : p.Value).Key;
            throw new InvalidDataException($"'{root}' has {folders.Length} folders for the {names.Length} synsets of '{synsetsFile}'; the first that is missing is '{missing}'. A set of some of the classes has to be asked for.");
        }
        string[] ordered = [.. folders.OrderBy(f => places[f])];
        return FolderSet.Of(root, ordered, [.. ordered.Select(f => names[places[f]])]);
    }

    public static ClipDataSet Open(string folder, string groundTruthFile, string synsetsFile, IReadOnlyList<string>? classNames)
    {
        string root = DataFiles.Folder(folder);
        var (places, names) = Synsets(synsetsFile);
        names = classNames is null ? names : DataFiles.Given(classNames, names.Length, "synsets", synsetsFile);
        string[] files = DataFiles.Files(root);
        string[] images = [.. files.Where(DataFiles.IsImage)];
        int[] labels = Labels(images, groundTruthFile, places, root);
        return new ClipDataSet(Path.GetFileName(Path.TrimEndingDirectorySeparator(root)), names, imagesAreFiles: true,
            () => images.Select((image, i) => new ClipDataSetRow(image, Path.Combine(root, image), labels[i])))
        {
            Count = images.Length,
            Skipped = [.. files.Where(f => !DataFiles.IsImage(f))],
        };
    }

    private static (Dictionary<string, int> Places, string[] Names) Synsets(string file)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] synsets = DataFiles.Lines(file), names = new string[synsets.Length];
        for (int i = 0; i < synsets.Length; i++)
        {
            string[] parts = synsets[i].Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || !IsSynset(parts[0]))
            {
                throw new InvalidDataException($"Line {i + 1} of '{file}' is '{synsets[i]}'; expected a synset and its names, as 'n01440764 tench, Tinca tinca'.");
            }
            names[i] = places.TryAdd(parts[0], i) ? parts[1] : throw new InvalidDataException($"Line {i + 1} of '{file}' has the synset '{parts[0]}' again.");
        }
        return (places, DataFiles.AtLeastTwo(names, file));
    }

    private static int[] Labels(string[] images, string file, Dictionary<string, int> places, string root)
    {
        string[] lines = DataFiles.Lines(file);
        bool isCsv = lines[0].StartsWith("ImageId,", StringComparison.Ordinal);
        int first = isCsv ? 1 : 0;
        if (lines.Length - first != images.Length)
        {
            throw new InvalidDataException($"'{root}' has {images.Length} images, but '{file}' says what {lines.Length - first} are.");
        }
        // Names with and without their endings: Kaggle's have none.
        var placeOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < images.Length; i++)
        {
            if (!placeOf.TryAdd(images[i], i) || !placeOf.TryAdd(Path.ChangeExtension(images[i], null), i))
            {
                throw new InvalidDataException($"'{root}' has '{images[i]}' and another image of that name with another ending; labels could mean either.");
            }
        }
        int[] labels = new int[images.Length];
        Array.Fill(labels, -1);
        for (int i = first; i < lines.Length; i++)
        {
            string[] words = lines[i].Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);
            string place = $"Line {i + 1} of '{file}'";
            int image = words switch
            {
                [_] when !isCsv => i,
                [var name, ..] when placeOf.TryGetValue(name, out int found) => found,
                [var name, ..] => throw new InvalidDataException($"{place} names the image '{name}', which is not in '{root}'."),
                _ => throw new InvalidDataException($"{place} is empty."),
            };
            if (labels[image] >= 0)
            {
                throw new InvalidDataException($"{place} names the image '{images[image]}' again.");
            }
            // A number alone is the devkit's, which count from 1.
            labels[image] = Label(words[words.Length == 1 ? 0 : 1], places, words.Length == 1 ? 1 : 0) ?? throw new InvalidDataException(
                $"{place} has the class '{words[words.Length == 1 ? 0 : 1]}'; expected a synset of the {places.Count} or a number from {(words.Length == 1 ? 1 : 0)}.");
        }
        return labels;
    }

    private static int? Label(string word, Dictionary<string, int> places, int from) => places.TryGetValue(word, out int place) ? place
        : int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= from && number - from < places.Count
            ? number - from : null;

    private static bool IsSynset(string word) => word.Length == 9 && word[0] == 'n' && word.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;
}
