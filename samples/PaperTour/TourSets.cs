using Microsoft.ML.Clip;
using Samples;

namespace PaperTour;

/// <summary>The sets of the tour: those of ../shared/data where they are, otherwise shapes that are drawn.</summary>
internal sealed class TourSets
{
    private static readonly string[] Clothes = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    private readonly string _folder;
    private readonly List<ClipEvaluationTask> _tasks = [];
    private readonly List<(string Name, ClipDataSet Set)> _domains = [];
    private readonly List<string> _missing = [];

    /// <param name="folder">Where archives are unpacked.</param>
    /// <param name="isQuick">Whether to leave out the two sets that take minutes.</param>
    /// <param name="isDrawn">Whether to draw even where the sets are.</param>
    public TourSets(string folder, bool isQuick, bool isDrawn)
    {
        _folder = folder;
        IsDrawn = isDrawn || Repository.Shared("data/eval") is null;
        if (IsDrawn)
        {
            AddShapes();
        }
        else
        {
            AddReal(isQuick);
        }
    }

    /// <summary>Whether the sets are drawn.</summary>
    public bool IsDrawn { get; }

    /// <summary>What is measured with and without training.</summary>
    public IReadOnlyList<ClipEvaluationTask> Tasks => _tasks;

    /// <summary>The same classes in several styles, the first that of photographs.</summary>
    public IReadOnlyList<(string Name, ClipDataSet Set)> Domains => _domains;

    /// <summary>CIFAR-10 and Tiny ImageNet's classes that are the same, for the shift from one to the other.</summary>
    public SharedClasses? Shared { get; private set; }

    /// <summary>Images that people have answered one by one, and the folder of each experiment.</summary>
    public IEnumerable<(string Name, string Folder)> Experiments =>
        IsDrawn ? [] : Others("geirhos-", ["edges"]).Select(name => (Name: name, Folder: Open($"geirhos-{name}"))).Where(e => e.Folder is not null).Select(e => (e.Name, e.Folder!));

    /// <summary>What is not there.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>An archive of ../shared/data/eval, unpacked; null where it is not there.</summary>
    public string? Open(string name) => IsDrawn ? null
        : Repository.Shared($"data/eval/{name}.tar.gz") is { } archive ? Archives.Extract(archive, Path.Combine(_folder, name)) : Miss(name);

    private void AddReal(bool isQuick)
    {
        if (!isQuick)
        {
            AddCifarAndTinyImageNet();
        }
        Add("mnist", "MNIST");
        Add("fashion-mnist-t10k", "Fashion-MNIST", new() { Names = Clothes, SplitsInHalves = true });
        Add("gtsrb", "GTSRB");
        Add("oxford-pets-370", "Oxford-IIIT Pets", new() { SplitsInHalves = true });
        // Photographs first: a probe learns on them.
        foreach (string domain in Others("pacs-", ["photo", "cartoon", "sketch"]))
        {
            if (Open($"pacs-{domain}") is { } folder)
            {
                _domains.Add((domain, ClipDataSet.FromFolders(folder)));
                Add($"pacs-{domain}", $"PACS {domain}", new() { SplitsInHalves = true });
            }
        }
        Add("flickr8k-700", "Flickr8k, 700 images");
        Add("coco-mini-val", "COCO, 79 images");
        if (Open("coco-mini-val") is { } coco)
        {
            _tasks.Add(new ClipMultiLabelTask("COCO, 79 images, objects",
                ClipMultiLabelSet.FromCoco(Path.Combine(coco, "annotations", "instances_val2017.json"), Path.Combine(coco, "val2017"))));
        }
    }

    private void AddCifarAndTinyImageNet()
    {
        string? cifar = Repository.Shared("data/cifar10.tar.gz") is { } archive ? Archives.Unpack(archive, Path.Combine(_folder, "cifar10")) : Miss("cifar10");
        if (cifar is not null)
        {
            _tasks.Add(ClipEvaluationTask.FromPath(cifar, "CIFAR-10"));
        }
        string? tiny = Repository.Shared("data/tiny-imagenet.tar.gz") is { } other ? Archives.Unpack(other, Path.Combine(_folder, "tiny-imagenet")) : Miss("tiny-imagenet");
        if (tiny is null)
        {
            return;
        }
        // A line for each class: its synset, a tab, its names with commas. Folders are named by synsets, in ordinal order.
        var names = File.ReadLines(Path.Combine(tiny, "classes.txt")).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1].Split(',')[0].Trim());
        string[] synsets = [.. names.Keys.Order(StringComparer.Ordinal)];
        string[] ordered = [.. synsets.Select(s => names[s])];
        var test = ClipDataSet.FromFolders(Path.Combine(tiny, "val"), ordered);
        // With 200 classes the weakest regularisations, which are the worst here, take a thousand iterations and as long as the rest of the tour.
        var probe = new ClipLinearProbeTrainer.Options { MaximumNumberOfIterations = 200 };
        _tasks.Add(new ClipClassificationTask("Tiny ImageNet", test)
        {
            Train = FirstOfEach(ClipDataSet.FromFolders(Path.Combine(tiny, "train"), ordered), 100),
            Templates = ClipPrompts.ImageNet7,
            Probe = probe,
            FewShot = new() { Shots = [1, 2, 4, 8], Seeds = [0], Probe = probe },
        });
        if (cifar is not null && Repository.Shared("data/eval/tiny-imagenet-to-cifar10.csv") is { } map)
        {
            var train = ClipDataSet.FromFolders(Path.Combine(cifar, "train"));
            var places = File.ReadLines(map).Skip(1).Select(l => l.Split(',')).ToDictionary(l => l[0], l => Array.IndexOf([.. train.ClassNames], l[1]));
            Shared = new(train, ClipDataSet.FromFolders(Path.Combine(cifar, "test")), test, [.. synsets.Select(s => places.GetValueOrDefault(s, -1))]);
        }
    }

    private static ClipDataSet FirstOfEach(ClipDataSet set, int count)
    {
        return new($"{set.Name}, {count} of each class", set.ClassNames, set.ImagesAreFiles, Rows);

        IEnumerable<ClipDataSetRow> Rows()
        {
            int[] taken = new int[set.ClassNames.Count];
            return set.Read().Where(row => taken[row.Label]++ < count);
        }
    }

    private void Add(string archive, string name, ClipTaskSettings? settings = null)
    {
        if (Open(archive) is { } folder)
        {
            // Some of the published sets are smaller here; names and templates are theirs.
            _tasks.Add(ClipEvaluationTask.FromPath(folder, name, settings));
        }
    }

    // Those that belong to the tour, and whatever else of the kind is there.
    private static IEnumerable<string> Others(string start, string[] first) => first.Concat(Repository.Shared("data/eval") is not { } folder ? []
        : Directory.EnumerateFiles(folder, start + "*.tar.gz").Select(f => Path.GetFileName(f)[start.Length..^".tar.gz".Length]).Except(first).Order(StringComparer.Ordinal));

    private string? Miss(string name)
    {
        if (!_missing.Contains(name))
        {
            _missing.Add(name);
        }
        return null;
    }

    private void AddShapes()
    {
        Shape[] shapes = [Shape.Circle, Shape.Square, Shape.Triangle, Shape.Ring, Shape.Cross, Shape.Stripes];
        byte[] blue = [200, 60, 30], red = [30, 60, 200], white = [230, 230, 230], black = [20, 20, 20];
        foreach (var (style, front, back) in new[] { ("blue on white", blue, white), ("white on black", white, black), ("red on black", red, black) })
        {
            string root = Path.Combine(_folder, "shapes", style);
            var random = new Random(1);
            foreach (var shape in shapes)
            {
                for (int i = 0; i < 30; i++)
                {
                    shape.Draw(Path.Combine(root, i < 20 ? "train" : "test", shape.Name, $"{i:00}.png"), front, back, 26 + random.Next(12), 26 + random.Next(12),
                        14 + random.Next(12), random.NextDouble());
                }
            }
            _domains.Add((style, ClipDataSet.FromFolders(Path.Combine(root, "test"))));
            _tasks.Add(ClipEvaluationTask.FromPath(root, style));
        }
        string[] files = [.. _domains.SelectMany(d => d.Set.Read()).Select(r => r.Path!)];
        string[] captions = [.. _domains.SelectMany(d => d.Set.Read().Select(r => $"a {d.Set.ClassNames[r.Label]}, {d.Name}"))];
        _tasks.Add(new ClipRetrievalTask("shapes and captions", new ClipCaptionSet("shapes", files, captions, [.. Enumerable.Range(0, files.Length)])));
    }
}

/// <summary>Two sets with classes in common.</summary>
/// <param name="Train">The set to learn from.</param>
/// <param name="Test">Images like those.</param>
/// <param name="Shifted">Images from elsewhere.</param>
/// <param name="Classes">For each class of the shifted set its place in the other's, or -1.</param>
internal sealed record SharedClasses(ClipDataSet Train, ClipDataSet Test, ClipDataSet Shifted, int[] Classes);
