using System.Diagnostics;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Files that are none: pipes, on which opening waits for a writer, and devices without an end.</summary>
internal static class IrregularFiles
{
    // Far beyond what refusing takes, and below what a stuck test run would cost.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The kinds that <see cref="Put"/> makes.</summary>
    public static TheoryData<string> Kinds => ["pipe", "/dev/zero", "/proc/self/mem", "link to a link to a pipe"];

    /// <summary>Puts one of them in the place of a file; skips the test where there are none.</summary>
    public static void Put(string kind, string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes and devices with a path are Unix's");
        File.Delete(path);
        switch (kind)
        {
            case "pipe":
                Pipe(path);
                break;
            case "link to a link to a pipe":
                Pipe(path + ".pipe");
                File.CreateSymbolicLink(path + ".link", path + ".pipe");
                File.CreateSymbolicLink(path, path + ".link");
                break;
            default:
                File.CreateSymbolicLink(path, kind);
                break;
        }
    }

    /// <summary>What an action threw; fails the test if it does not come back.</summary>
    public static Exception? Error(Action action)
    {
        Exception? error = null;
        var thread = new Thread(() => error = Record.Exception(action)) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), $"did not come back within {Patience}");
        return error;
    }

    private static void Pipe(string path)
    {
        using var process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
