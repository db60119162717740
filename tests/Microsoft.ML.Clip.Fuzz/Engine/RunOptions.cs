using System.Globalization;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record RunOptions
{
    /// <summary>The readers' names; all if empty.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];

    /// <summary>How many executions each reader gets; null for its share of a minute.</summary>
    public long? Executions { get; init; }

    /// <summary>After how many seconds a reader's run ends, however many executions it had.</summary>
    public double Seconds { get; init; } = double.PositiveInfinity;

    public int Seed { get; init; } = 1;

    /// <summary>Where findings are written.</summary>
    public string Findings { get; init; } = Path.Combine(AppContext.BaseDirectory, "findings");

    /// <summary>A folder with further inputs, where those that reach something new are kept; null for none.</summary>
    public string? Corpus { get; init; }

    /// <summary>An input to read once, with whatever comes of it.</summary>
    public string? Reproduce { get; init; }

    /// <summary>Whether the lines that were not reached are listed.</summary>
    public bool Uncovered { get; init; }

    /// <summary>Whether this process does the work, and not one that it starts.</summary>
    public bool IsWorker { get; init; }

    public static RunOptions Parse(string[] arguments)
    {
        var options = new RunOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--reader" => options with { Readers = [.. options.Readers, .. Value().Split(',')] },
                "--executions" => options with { Executions = long.Parse(Value(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(Value(), CultureInfo.InvariantCulture) },
                "--seed" => options with { Seed = int.Parse(Value(), CultureInfo.InvariantCulture) },
                "--findings" => options with { Findings = Path.GetFullPath(Value()) },
                "--corpus" => options with { Corpus = Path.GetFullPath(Value()) },
                "--reproduce" => options with { Reproduce = Path.GetFullPath(Value()) },
                "--uncovered" => options with { Uncovered = true },
                "--worker" => options with { IsWorker = true },
                _ => throw new ArgumentException($"There is no option '{name}'. See tests/Microsoft.ML.Clip.Fuzz/README.md."),
            };

            string Value() => ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"'{name}' needs a value.");
        }
        return options;
    }
}
