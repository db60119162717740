using Samples;

namespace TrainLockedClip;

/// <summary>An image and the class that it shows: a number of WordNet, or a name of CIFAR-10.</summary>
/// <param name="Path">The file.</param>
/// <param name="Class">The class.</param>
/// <param name="IsPhotograph">Whether it is a look at a photograph, not a small image.</param>
internal readonly record struct LabelledImage(string Path, string Class, bool IsPhotograph = false);

/// <summary>The images that the head is fitted to and measured on.</summary>
internal sealed class ImageSets
{
    private readonly string _data, _work, _cifar, _tiny;

    /// <param name="data">Holds cifar10.tar.gz, tiny-imagenet.tar.gz, imagenet-samples and eval.</param>
    /// <param name="photographs">Holds photographs of ImageNet whose names begin with their class's number.</param>
    /// <param name="work">Takes what is unpacked.</param>
    public ImageSets(string data, string photographs, string work)
    {
        (_data, _work) = (data, work);
        _cifar = Archives.Unpack(Archive("cifar10.tar.gz"), Path.Combine(work, "cifar10"));
        _tiny = Archives.Unpack(Archive("tiny-imagenet.tar.gz"), Path.Combine(work, "tiny-imagenet"));
        var names = File.ReadLines(Path.Combine(_tiny, "classes.txt")).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1].Split(", ")[0]);
        TinyClasses = [.. names.Keys.Order(StringComparer.Ordinal)];
        TinyNames = [.. TinyClasses.Select(c => names[c])];
        NeverTrained = [.. Files(Path.Combine(data, "imagenet-samples")).Select(p => (Path: p, Parts: Path.GetFileNameWithoutExtension(p).Split('_', 2)))
            .Where(p => !names.ContainsKey(p.Parts[0])).Select(p => (p.Parts[0], p.Parts[1].Replace('_', ' '), p.Path))];
        Photographs = [.. Files(photographs).Select(p => new LabelledImage(p, Id(p), IsPhotograph: true))];
        PhotographClasses = [.. Photographs.Select(p => p.Class).Distinct()];
    }

    public IReadOnlyList<string> TinyClasses { get; }

    public IReadOnlyList<string> TinyNames { get; }

    /// <summary>The classes, and the photographs, that tiny-clip's card reports and nothing is fitted to.</summary>
    public IReadOnlyList<(string Id, string Name, string Path)> NeverTrained { get; }

    public IReadOnlyList<LabelledImage> Photographs { get; }

    public IReadOnlyList<string> PhotographClasses { get; }

    /// <summary>The lists of training images, each with all its classes; a list's features are kept in the work folder.</summary>
    /// <param name="tinyPerClass">Images of each class of Tiny ImageNet.</param>
    /// <param name="cifarPerClass">Images of each class of CIFAR-10.</param>
    /// <param name="views">Which of <see cref="Views.Names"/> of the photographs.</param>
    public IEnumerable<(string Name, LabelledImage[] Images)> Training(int tinyPerClass, int cifarPerClass, string[] views)
    {
        yield return ("photographs", [.. Photographs]);
        foreach (string view in views)
        {
            int which = Array.IndexOf(Views.Names, view);
            yield return ($"photographs, {view}", [.. Photographs.AsParallel().AsOrdered()
                .Select(p => p with { Path = Views.Write(p.Path, Path.Combine(_work, "views"))[which] })]);
        }
        yield return ("Tiny ImageNet", InTurn(Path.Combine(_tiny, "train"), tinyPerClass));
        yield return ("CIFAR-10", InTurn(Path.Combine(_cifar, "train"), cifarPerClass));
    }

    public LabelledImage[] TinyValidation(int perClass) => InTurn(Path.Combine(_tiny, "val"), perClass);

    public LabelledImage[] CifarTest(int perClass) => InTurn(Path.Combine(_cifar, "test"), perClass);

    /// <summary>A set of ../shared/data/eval with a folder for each class; null where it is absent.</summary>
    public LabelledImage[]? Other(string archive)
    {
        string file = Path.Combine(_data, "eval", archive + ".tar.gz");
        return File.Exists(file) ? InTurn(Archives.Extract(file, Path.Combine(_work, archive)), int.MaxValue) : null;
    }

    // The first image of each class, then the second of each, ...: what comes first is balanced.
    private static LabelledImage[] InTurn(string folder, int perClass)
    {
        string[][] classes = [.. Directory.GetDirectories(folder).Order(StringComparer.Ordinal)
            .Select(d => Directory.GetFiles(d).Order(StringComparer.Ordinal).ToArray())];
        return [.. from i in Enumerable.Range(0, Math.Min(perClass, classes.Max(c => c.Length)))
            from c in classes
            where i < c.Length
            select new LabelledImage(c[i], Path.GetFileName(Path.GetDirectoryName(c[i])!))];
    }

    private static IEnumerable<string> Files(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "n????????_*.JPEG").Order(StringComparer.Ordinal) : [];

    private static string Id(string path) => Path.GetFileName(path)[..9];

    private string Archive(string name)
    {
        string file = Path.Combine(_data, name);
        if (!File.Exists(file))
        {
            CommandLine.Fail($"There is no '{file}': --data names a folder with cifar10.tar.gz and tiny-imagenet.tar.gz.");
        }
        return file;
    }
}
