namespace Mlclip;

/// <summary>A picture whose class is known.</summary>
internal sealed record Example(string Path, string Class);

/// <summary>Pictures in one folder per class.</summary>
internal static class ClassFolders
{
    /// <summary>All of them, class by class.</summary>
    /// <exception cref="ToolException">There are fewer than two classes, or one has no picture.</exception>
    public static Example[] Read(string folder)
    {
        string[] classes = [.. Directory.EnumerateDirectories(Checked.Folder(folder)).Where(d => Path.GetFileName(d)[0] != '.').Order(StringComparer.Ordinal)];
        return classes.Length >= 2 ? [.. classes.SelectMany(c => PictureFiles.Of([c]).Select(f => new Example(f, Path.GetFileName(c))))]
            : throw new ToolException($"'{folder}' has {PrintedText.Count(classes.Length, "folder")} in it; expected at least two, one for each class with its pictures.");
    }

    /// <summary>Holds out a part of each class, as the seed has it; each keeps at least one to learn from.</summary>
    public static (Example[] Training, Example[] HeldOut) Split(Example[] examples, double share, int seed)
    {
        var random = new Random(seed);
        List<Example> training = [], heldOut = [];
        foreach (var rows in examples.GroupBy(e => e.Class))
        {
            Example[] shuffled = [.. rows];
            random.Shuffle(shuffled);
            int count = share == 0 ? 0 : Math.Min(shuffled.Length - 1, Math.Max(1, (int)Math.Round(shuffled.Length * share)));
            heldOut.AddRange(shuffled.Take(count));
            training.AddRange(shuffled.Skip(count));
        }
        return ([.. training], [.. heldOut]);
    }
}
