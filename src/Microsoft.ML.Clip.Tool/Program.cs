using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlclip;

/// <summary>The process: its streams, its signals, and what it ends with.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        // Numbers in results are for programs, too; and messages are in one language.
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
        using var stop = new CancellationTokenSource();
        int code = ExitCode.Interrupted;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, ExitCode.Interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, ExitCode.Stopped));
        return CommandTree.Run(arguments, ToolConsole.OfProcess(), stop.Token, () => code);

        void Stop(PosixSignalContext context, int ending)
        {
            if (stop.IsCancellationRequested)
            {
                // The second time it is meant.
                return;
            }
            context.Cancel = true;
            code = ending;
            stop.Cancel();
        }
    }
}
