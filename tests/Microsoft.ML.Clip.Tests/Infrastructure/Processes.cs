using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Runs other processes to their end.</summary>
internal static class Processes
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5), LimitOfOutput = TimeSpan.FromSeconds(30);

    // A build leaves servers behind that have its output open for a quarter of an hour, and whoever reads to its end waits for them.
    private static readonly Dictionary<string, string?> NoServers = new()
    {
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["UseSharedCompilation"] = "false",
    };

    /// <summary>Runs <c>dotnet</c> and returns what it printed; fails the test, with its output, if it does not exit with 0.</summary>
    public static string Dotnet(IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var (code, output, error) = RunDotnet(arguments, directory, environment);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}: exit code {code}\n{output}\n{error}");
        return output;
    }

    /// <summary>Runs <c>dotnet</c>, whatever it exits with.</summary>
    public static (int Code, string Output, string Error) RunDotnet(IEnumerable<string> arguments, string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? limit = null) => Run("dotnet", arguments, directory, environment, limit);

    /// <summary>Runs a program, whatever it exits with.</summary>
    public static (int Code, string Output, string Error) Run(string program, IEnumerable<string> arguments, string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (var (key, value) in NoServers.Concat(environment ?? new Dictionary<string, string?>()))
        {
            start.Environment[key] = value;
        }
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit ?? Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {limit ?? Limit}");
        }
        if (!Task.WaitAll([output, error], LimitOfOutput))
        {
            Assert.Fail($"{program} {string.Join(' ', arguments)} has ended, but something that it started has its output still open.");
        }
        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs <c>dotnet</c> and reads the vectors that it prints: values with spaces between them, one vector a line.</summary>
    public static float[][] Vectors(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        [.. Dotnet(arguments, environment: environment).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ').Select(v => float.Parse(v, CultureInfo.InvariantCulture)).ToArray())];

    /// <summary>Loads a model in a fresh process, applies it to a text column and returns a vector column.</summary>
    public static float[][] Predict(string modelFile, string inputColumn, string outputColumn, IEnumerable<string> values) =>
        Vectors([BuildFacts.FreshProcess, modelFile, inputColumn, outputColumn, .. values]);
}
