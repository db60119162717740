namespace Mlclip;

/// <summary>What a command has to say instead of a result: one line, and what the process ends with.</summary>
internal sealed class ToolException(string message, int exitCode = ExitCode.BadInput) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
