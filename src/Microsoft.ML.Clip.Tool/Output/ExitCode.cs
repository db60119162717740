namespace Mlclip;

/// <summary>What the process ends with: the same for all commands, and what schedulers of <c>embed</c> go by.</summary>
internal static class ExitCode
{
    /// <summary>All of it is done.</summary>
    public const int Done = 0;

    /// <summary>The same command may succeed later, or on another machine: a network, a disk, a part that is not done yet.</summary>
    public const int Retry = 1;

    /// <summary>The input, the plan or the command line is wrong: running it again gives the same.</summary>
    public const int BadInput = 42;

    /// <summary>Stopped by SIGTERM, in good order; the same command goes on. EX_TEMPFAIL of sysexits.h.</summary>
    public const int Stopped = 75;

    /// <summary>Stopped by Ctrl+C, as shells have it.</summary>
    public const int Interrupted = 130;
}
