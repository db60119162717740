using System.Collections.Immutable;

namespace Microsoft.ML.Clip;

/// <summary>Reads templates and names of a set: <c>Sets/README.md</c>.</summary>
internal static class BenchmarkFiles
{
    private const string BetweenNames = " | ";

    public static (ImmutableArray<string> Templates, ImmutableArray<IReadOnlyList<string>> Names) Read(string file)
    {
        using var stream = typeof(BenchmarkFiles).Assembly.GetManifestResourceStream($"Benchmarks/{file}.txt")
            ?? throw new InvalidOperationException($"There is no file of the set '{file}'.");
        using var reader = new StreamReader(stream);
        var templates = ImmutableArray.CreateBuilder<string>();
        var names = ImmutableArray.CreateBuilder<IReadOnlyList<string>>();
        bool isName = false;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                isName = true;
            }
            else if (isName)
            {
                names.Add([.. line.Split(BetweenNames)]);
            }
            else
            {
                templates.Add(line);
            }
        }
        return (templates.ToImmutable(), names.ToImmutable());
    }
}
