using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Clip;
using Samples;

namespace Evaluate;

/// <summary>The sets of a command line. One that cannot be opened is listed with its reason, and the others go on.</summary>
/// <param name="folder">Where archives are unpacked.</param>
/// <param name="settings">What the files do not say.</param>
internal sealed class SetList(string folder, ClipTaskSettings settings)
{
    private static readonly string[] Endings = [".tar.gz", ".tgz"];
    private static readonly string[] Known = ["mnist", "fashion-mnist-t10k", "gtsrb", "oxford-pets-370", "pacs-photo", "pacs-cartoon", "pacs-sketch", "flickr8k-700", "coco-mini-val"];
    private static readonly string[] Clothes = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    private readonly List<ClipEvaluationTask> _tasks = [];
    private readonly List<ClipEvaluationSkipped> _skipped = [];

    public IReadOnlyList<ClipEvaluationTask> Tasks => _tasks;

    public IReadOnlyList<ClipEvaluationSkipped> Skipped => _skipped;

    /// <summary>Adds PATH, or NAME=PATH.</summary>
    public void Add(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string path = equals < 0 || Path.Exists(word) ? word : word[(equals + 1)..];
        string? name = path == word ? null : word[..equals];
        Add(path, name, settings);
    }

    /// <summary>The evaluation sets beside the repository, or shapes that are drawn.</summary>
    public void AddWhatIsThere()
    {
        foreach (string name in Known)
        {
            if (Repository.Shared($"data/eval/{name}.tar.gz") is { } archive)
            {
                Add(archive, name.StartsWith("oxford", StringComparison.Ordinal) ? "pets" : null,
                    name.StartsWith("fashion", StringComparison.Ordinal) ? settings with { Names = Clothes } : settings);
            }
        }
        if (_tasks.Count == 0)
        {
            Add(DrawShapes(), "shapes", settings);
        }
    }

    private void Add(string path, string? name, ClipTaskSettings with)
    {
        try
        {
            string? ending = Endings.FirstOrDefault(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
            string own = name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            own = Free(name is null && ending is not null && File.Exists(path) ? own[..^ending.Length] : own);
            _tasks.Add(ClipEvaluationTask.FromPath(ending is not null && File.Exists(path) ? Unpack(path) : path, own, with));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
        {
            _skipped.Add(new("*", name ?? path, e.Message));
            Console.Error.WriteLine($"{path}: {e.Message}");
        }
    }

    // Archives of one name may lie in several folders.
    private string Unpack(string archive)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(archive))))[..8];
        return Archives.Extract(archive, Path.Combine(folder, $"{Path.GetFileName(archive).Split('.')[0]}-{hash}"));
    }

    // Reports tell sets by their names.
    private string Free(string name)
    {
        string free = name;
        for (int i = 2; _tasks.Exists(t => t.Name == free); i++)
        {
            free = $"{name} ({i})";
        }
        return free;
    }

    private string DrawShapes()
    {
        byte[] front = [30, 60, 200], back = [230, 230, 230];
        var random = new Random(1);
        string root = Path.Combine(folder, "shapes");
        foreach (var shape in new[] { Shape.Circle, Shape.Square, Shape.Triangle, Shape.Ring, Shape.Cross, Shape.Stripes })
        {
            for (int i = 0; i < 30; i++)
            {
                shape.Draw(Path.Combine(root, i < 20 ? "train" : "test", shape.Name, $"{i:00}.png"), front, back, 26 + random.Next(12), 26 + random.Next(12), 14 + random.Next(12));
            }
        }
        return root;
    }
}
