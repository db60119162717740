using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Permissions that hold for the tests' user, too, who is root in a container and may do everything.</summary>
internal static partial class Unprivileged
{
    private const uint Nobody = 65534;

    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Runs something as a user to whom folders are closed, and opens them again; skips the test where that cannot be had.</summary>
    /// <param name="directory">Where the folders are.</param>
    /// <param name="closed">The folders, which the user can neither list nor look into.</param>
    /// <param name="action">What is run, on a thread of its own.</param>
    public static void Run(TemporaryDirectory directory, string[] closed, Action action)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("it takes Linux to give one thread another user");
            return;
        }
        // The temporary directory itself is closed to others.
        File.SetUnixFileMode(directory, Open);
        ExceptionDispatchInfo? error = null;
        foreach (string folder in closed.Select(directory.Combine))
        {
            File.SetUnixFileMode(folder, UnixFileMode.None);
        }
        try
        {
            var thread = new Thread(() =>
            {
                try
                {
                    // Of this thread alone, in the kernel; without effect for users who may not become others, and to whom the folder is closed anyway.
                    _ = SetFileUser(Nobody);
                    action();
                }
                catch (Exception e)
                {
                    error = ExceptionDispatchInfo.Capture(e);
                }
            });
            thread.Start();
            thread.Join();
        }
        finally
        {
            foreach (string folder in closed.Select(directory.Combine))
            {
                File.SetUnixFileMode(folder, Open);
            }
        }
        error?.Throw();
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(uint user);
}
