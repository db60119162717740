namespace TrainTinyClip;

/// <summary>A labelled set with a part to train on and a part to test on.</summary>
/// <param name="Root">The folder of both parts.</param>
/// <param name="TrainPart">The folder to train on.</param>
/// <param name="TestPart">The folder to test on.</param>
/// <param name="Classes">The classes in the order of their labels.</param>
internal sealed record ImageFolder(string Root, string TrainPart, string TestPart, IReadOnlyList<ImageClass> Classes)
{
    /// <summary>Images to train on, with captions.</summary>
    /// <param name="perClass">At most so many of each class.</param>
    public IEnumerable<TrainingRow> TrainingRows(int perClass) => Classes.SelectMany(c =>
    {
        string[] captions = CaptionTemplates.Captions(c.Names);
        return Files(TrainPart, c).Take(perClass).Select(path => new TrainingRow { Path = path, Captions = captions, Group = Group(c) });
    });

    /// <summary>The name of a class's group.</summary>
    public string Group(ImageClass c) => $"{Path.GetFileName(Root)}/{c.Folder}";

    /// <summary>Images to test on, and the number of the class of each.</summary>
    /// <param name="perClass">At most so many of each class.</param>
    public (string[] Paths, int[] Labels) TestImages(int perClass) => Images(TestPart, perClass);

    /// <summary>Images to train on, and the number of the class of each.</summary>
    /// <param name="perClass">At most so many of each class.</param>
    public (string[] Paths, int[] Labels) TrainingImages(int perClass) => Images(TrainPart, perClass);

    /// <summary>All images to train on, the first of each class, then the second of each, and so on; and the number of the class of each.</summary>
    public (string[] Paths, int[] Labels) TrainingImagesInTurn()
    {
        string[][] files = [.. Classes.Select(c => Files(TrainPart, c).ToArray())];
        var pairs = Enumerable.Range(0, files.Max(f => f.Length))
            .SelectMany(i => files.Select((f, label) => (f, label)).Where(p => i < p.f.Length).Select(p => (path: p.f[i], p.label))).ToArray();
        return ([.. pairs.Select(p => p.path)], [.. pairs.Select(p => p.label)]);
    }

    private (string[] Paths, int[] Labels) Images(string part, int perClass)
    {
        var pairs = Classes.SelectMany((c, label) => Files(part, c).Take(perClass).Select(path => (path, label))).ToArray();
        return ([.. pairs.Select(p => p.path)], [.. pairs.Select(p => p.label)]);
    }

    private IEnumerable<string> Files(string part, ImageClass c) =>
        Directory.EnumerateFiles(Path.Combine(Root, part, c.Folder)).Order(StringComparer.Ordinal);
}
