using System.Text.Json;

namespace Mlclip;

/// <summary>What went wrong, as one line and a code to end with.</summary>
internal static class ErrorLine
{
    /// <summary>Set, it shows where an error came from, for those who look for a fault of the tool.</summary>
    public const string TraceVariable = "MLCLIP_TRACE";

    public static int Report(ToolOutput output, Exception error)
    {
        var cause = Cause(error);
        int code = CodeOf(cause);
        string message = cause is ToolException or ClipException || cause.Message.Length > 0 ? cause.Message : cause.GetType().Name;
        Write(output, message, code);
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(TraceVariable)))
        {
            output.SayRaw(error.ToString());
        }
        return code;
    }

    public static void Write(ToolOutput output, string message, int code)
    {
        if (output.IsJson)
        {
            output.SayRaw(JsonSerializer.Serialize(new ErrorResult(message, code), ToolJson.Lines.ErrorResult));
        }
        else
        {
            output.Say($"mlclip: {message}");
        }
    }

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
