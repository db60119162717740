using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The built tool as a process of its own.</summary>
internal static class ToolProcess
{
    /// <summary>What 'dotnet' runs.</summary>
    public static string Library { get; } =
        typeof(ToolProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Mlclip").Value!;

    /// <summary>Runs it to its end.</summary>
    public static ToolRun Run(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        var (code, output, error) = Processes.RunDotnet([Library, .. arguments], environment: environment);
        return new(code, output, error);
    }

    /// <summary>Starts it; the caller reads its streams.</summary>
    public static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Library, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>Sends SIGTERM, as schedulers do.</summary>
    public static void Terminate(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
