using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Mlclip;

/// <summary>Where a command reads and writes, and whether somebody looks on: the process's own, or a test's.</summary>
internal sealed record ToolConsole
{
    /// <summary>Results, and nothing else.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>What is said besides: progress, warnings, errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What <c>--stdin</c> reads.</summary>
    public required TextReader In { get; init; }

    /// <summary>Whether <see cref="Out"/> is a terminal: results are tables there, and plain lines elsewhere.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>Whether <see cref="Error"/> is one: progress is a bar there.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>The columns of a terminal.</summary>
    public int Width { get; init; } = 100;

    /// <summary>The streams of the process. Files and pipes are written as UTF-8, whatever the terminal has.</summary>
    public static ToolConsole OfProcess()
    {
        if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
        {
            Console.OutputEncoding = Encoding.UTF8;
        }
        return new()
        {
            Out = Console.IsOutputRedirected ? new StreamWriter(OpenOutput(), new UTF8Encoding(false)) { AutoFlush = true } : Console.Out,
            Error = Console.Error,
            In = Console.IsInputRedirected ? InputLines.Open(Console.OpenStandardInput()) : Console.In,
            IsOutTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            // A terminal that does not know its width says 0.
            Width = !Console.IsOutputRedirected && Console.WindowWidth is > 0 and var width ? Math.Clamp(width, 40, 200) : 100,
        };
    }

    /// <summary>Whether an error says that nobody reads the output any more: <c>mlclip ... | head</c>.</summary>
    public static bool IsClosedPipe(Exception e) =>
        e is IOException && (e.HResult == BrokenPipe || e.InnerException is SocketException { NativeErrorCode: BrokenPipe });

    private const int BrokenPipe = 32;

    // The console's own stream is silent about a reader who has gone, and the work would go on for nobody.
    private static Stream OpenOutput()
    {
        if (!OperatingSystem.IsWindows())
        {
            try
            {
                return new AnonymousPipeClientStream(PipeDirection.Out, new SafePipeHandle(1, ownsHandle: false));
            }
            catch (Exception e) when (e is IOException or ArgumentException)
            {
                // A file, or what else is no pipe.
            }
        }
        return Console.OpenStandardOutput();
    }
}
