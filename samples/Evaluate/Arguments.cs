using Microsoft.ML.Clip;
using Samples;

namespace Evaluate;

/// <summary>What a command line says beside its sets. What it says wrong ends the program with a message before anything is measured.</summary>
internal sealed class Arguments(CommandLine command)
{
    /// <summary>What the files of a set do not say.</summary>
    public ClipTaskSettings Settings { get; } = new()
    {
        Benchmark = Benchmark(command.Text("--benchmark")),
        Names = command.File("--names") is { } names ? Read(() => ClipDataSet.ReadClassNames(names)) : null,
        Templates = command.File("--templates") is { } templates ? Templates(templates) : null,
        Prompt = command.Text("--prompt"),
        SplitsInHalves = command.Has("--halves"),
    };

    /// <summary>How few-shot curves are measured, if they are.</summary>
    public ClipFewShotOptions? FewShot { get; } = Shots(command.Counts("--few-shot"), command.Count("--seeds") ?? 3);

    /// <summary>The models, each with a name of its own.</summary>
    public IReadOnlyList<ClipEvaluatedModel> Models { get; } = Named(command.List("--models") ?? [Repository.DefaultModel]);

    private static ClipBenchmark? Benchmark(string? key)
    {
        var found = key is null ? null : ClipBenchmarks.Find(key);
        if (key is not null && found is null)
        {
            CommandLine.Fail($"There is no benchmark '{key}'; there are {string.Join(", ", ClipBenchmarks.All27.Concat(ClipBenchmarks.Shifts7).Select(b => b.Key))}.");
        }
        return found;
    }

    private static string[] Templates(string file)
    {
        string[] lines = Read(() => File.ReadAllLines(file)), templates = [.. lines.Where(l => !string.IsNullOrWhiteSpace(l))];
        if (templates.Length == 0 || Array.Exists(templates, t => !t.Contains("{}", StringComparison.Ordinal)))
        {
            int bad = Array.FindIndex(lines, l => !string.IsNullOrWhiteSpace(l) && !l.Contains("{}", StringComparison.Ordinal));
            CommandLine.Fail(bad < 0 ? $"'{file}' has no template; expected one in each line, such as 'a photo of a {{}}.'."
                : $"Line {bad + 1} of '{file}' is '{lines[bad]}'; expected a template with {{}} for the name, such as 'a photo of a {{}}.'.");
        }
        return templates;
    }

    private static ClipFewShotOptions? Shots(int[]? shots, int seeds)
    {
        if (shots is not null && seeds < 1)
        {
            CommandLine.Fail("--seeds 0: expected one draw at least.");
        }
        return shots is null ? null : new() { Shots = shots, Seeds = [.. Enumerable.Range(0, seeds)] };
    }

    private static ClipEvaluatedModel[] Named(string[] places)
    {
        string[] distinct = [.. places.Distinct(StringComparer.Ordinal)];
        string[] names = [.. distinct.Select(p => Directory.Exists(p) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(p))) : p)];
        return [.. distinct.Select((place, i) => Model(place, names.Count(n => n == names[i]) > 1 ? place : names[i]))];
    }

    private static ClipEvaluatedModel Model(string place, string name)
    {
        if (Directory.Exists(place))
        {
            return new(name, () => ClipModel.Load(place)) { Compute = Compute(() => ClipCompute.OfImages(place)) };
        }
        Console.Error.WriteLine($"There is no folder '{place}': it is taken for an id on the hub.");
        return new(name, () => ClipModel.FromHub(place)) { Compute = Compute(() => ClipCompute.OfImages(own => ClipModel.FromHub(place, options: own))) };
    }

    // A model that cannot be loaded is listed with its reason when its turn comes.
    private static ClipCompute? Compute(Func<ClipCompute> count)
    {
        try
        {
            return count();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Console.Error.WriteLine($"Compute is not counted: {e.Message}");
            return null;
        }
    }

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            CommandLine.Fail(e.Message);
            throw;
        }
    }
}
