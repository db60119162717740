using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a command printed and ended with.</summary>
internal sealed record ToolRun(int Code, string Out, string Error)
{
    private static readonly string Repository = BuildFacts.RepositoryRoot;

    /// <summary>The photographs that the repository carries.</summary>
    public static string Photographs { get; } = Path.Combine(Repository, "samples", "images");

    public static string Photograph(string name) => Path.Combine(Photographs, name);

    /// <summary>The lines of the result.</summary>
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The only line of the result, as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Assert.Single(Lines)).RootElement;

    /// <summary>The lines of the result, each as JSON.</summary>
    public JsonElement[] JsonLines => [.. Lines.Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>Runs a command line in this process.</summary>
    public static ToolRun Of(params string[] arguments) => Of("", isTerminal: false, default, arguments);

    /// <summary>Runs a command line with standard input.</summary>
    public static ToolRun WithInput(string input, params string[] arguments) => Of(input, isTerminal: false, default, arguments);

    /// <summary>Runs a command line on a terminal of 100 columns without colours.</summary>
    public static ToolRun OnTerminal(params string[] arguments) => Of("", isTerminal: true, default, arguments);

    /// <summary>Runs a command line that is stopped, as by SIGTERM.</summary>
    public static ToolRun Stopped(CancellationToken stop, params string[] arguments) => Of("", isTerminal: false, stop, arguments);

    /// <summary>Fails the test with what was said, unless the command ended as it should.</summary>
    public ToolRun Expect(int code)
    {
        Assert.True(Code == code, $"expected exit code {code}, found {Code}\n{Out}\n{Error}");
        return this;
    }

    private static ToolRun Of(string input, bool isTerminal, CancellationToken stop, string[] arguments)
    {
        StringWriter output = new(), error = new();
        var console = new ToolConsole
        {
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            In = new StringReader(input),
            IsOutTerminal = isTerminal,
        };
        int code = CommandTree.Run(arguments, console, stop, () => ExitCode.Stopped);
        return new(code, output.ToString(), error.ToString());
    }
}
