using System.Text.Json;

namespace Mlclip;

/// <summary>What went wrong, as one line and a code to end with.</summary>
internal static class ErrorLine
{
    /// <summary>Set, it shows where an error came from, for those who look for a fault of the tool.</summary>
    public const string TraceVariable = "MLCLIP_TRACE";

    // Twenty paths, and not a file that was taken for a name.
    private const int MostCharacters = 4_000;

    public static int Report(ToolOutput output, Exception error)
    {
        var cause = Cause(error);
        int code = CodeOf(cause);
        Write(output, cause.Message.Length > 0 ? TextOf(cause) : cause.GetType().Name, code);
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(TraceVariable)))
        {
            output.SayRaw(error.ToString());
        }
        return code;
    }

    public static void Write(ToolOutput output, string message, int code)
    {
        message = PrintedText.Short(CommandWords.Of(message), MostCharacters);
        if (output.IsJson)
        {
            output.SayRaw(JsonSerializer.Serialize(new ErrorResult(message, code), ToolJson.Lines.ErrorResult));
        }
        else
        {
            output.Say($"mlclip: {message}");
        }
    }

    // These have several lines, and no names of files.
    private static string TextOf(Exception error) =>
        error is ClipQuantizationException or ArgumentOutOfRangeException || error.GetType().Namespace?.StartsWith("Microsoft.ML.OnnxRuntime", StringComparison.Ordinal) == true
            ? PrintedText.OneLine(error.Message) : error.Message;

    // ML.NET wraps what a step throws.
    private static Exception Cause(Exception error) => error switch
    {
        AggregateException { InnerException: { } inner } => Cause(inner),
        InvalidOperationException { InnerException: not null } when error.GetBaseException() is ClipException clip => clip,
        _ => error,
    };

    private static int CodeOf(Exception error) => error switch
    {
        ToolException tool => tool.ExitCode,
        ClipShardException shard => shard.IsTransient ? ExitCode.Retry : ExitCode.BadInput,
        ClipHubException hub when hub.Problem is ClipHubProblem.Unreachable or ClipHubProblem.TooManyRequests or ClipHubProblem.NoSpace
            or ClipHubProblem.WrongContent or ClipHubProblem.Cache or ClipHubProblem.Refused => ExitCode.Retry,
        ClipException or ArgumentException or InvalidDataException or InvalidOperationException or NotSupportedException or FormatException or JsonException
            or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException => ExitCode.BadInput,
        _ => ExitCode.Retry,
    };
}
