using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The C library's heap while a network is trained. Every step asks for the same hundreds of megabytes of activations and frees them; glibc's malloc gives
/// such blocks back to the system at once, and the fresh pages that it gets for the next step cost a fifth of the time. So it is told to keep them.
/// What it keeps goes back when the training is over; the setting itself stays for the process.
/// </summary>
/// <remarks>Elsewhere than on Linux with glibc, and where the environment already tunes malloc, nothing is done.</remarks>
internal sealed unsafe class NativeHeap : IDisposable
{
    // Of mallopt; from malloc.h.
    private const int TrimThreshold = -1, MapThreshold = -3;

    // The most that it takes: half of the largest heap of a thread. Larger blocks are rare, and still go back.
    private const int LargestKept = 32 << 20;

    private static readonly nint Library = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library) ? library : 0;

    private readonly bool _keeps;

    private NativeHeap(bool keeps) => _keeps = keeps;

    /// <summary>Has freed memory kept. Disposing the result gives back what has been kept until then.</summary>
    public static NativeHeap KeepFreedMemory()
    {
        FreedMemory.LeaveAlone();
        return new(!IsTuned && TrySet(MapThreshold, LargestKept) && TrySet(TrimThreshold, int.MaxValue));
    }

    public void Dispose()
    {
        // Only this: the thresholds before cannot be read, and so not be restored.
        if (_keeps && NativeLibrary.TryGetExport(Library, "malloc_trim", out nint trim))
        {
            ((delegate* unmanaged<nuint, int>)trim)(0);
        }
    }

    private static bool IsTuned => new[] { "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES" }.Any(name => Environment.GetEnvironmentVariable(name) is not null);

    private static bool TrySet(int parameter, int value) =>
        Library != 0 && NativeLibrary.TryGetExport(Library, "mallopt", out nint set) && ((delegate* unmanaged<int, int, int>)set)(parameter, value) == 1;
}
