using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Has the system's allocator give back what decoders free. glibc learns to keep blocks of up to 32 MB, in an arena of each thread, for that thread's next
/// request: with 64 threads that decode in turn, more memory than all of them are allowed.
/// </summary>
/// <remarks>
/// A setting of the process, made when the first large image comes. Who tunes malloc by the environment (MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_,
/// GLIBC_TUNABLES) or in code (<see cref="LeaveAlone"/>) is not overruled.
/// </remarks>
internal static unsafe class FreedMemory
{
    // Blocks from this size on come from the system and go back to it; smaller ones are kept by the thread, twice as much at the most.
    private const int LargeBlock = 1 << 20;

    // Of mallopt; from malloc.h.
    private const int TrimThreshold = -1, MmapThreshold = -3;

    private static int _isDone;

    /// <summary>Makes sure of it before an image is decoded that takes so many bytes.</summary>
    public static void GoesBack(long bytes)
    {
        if (bytes < LargeBlock || Volatile.Read(ref _isDone) != 0 || Interlocked.Exchange(ref _isDone, 1) != 0)
        {
            return;
        }
        bool isTuned = ((string[])["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"])
            .Any(name => Environment.GetEnvironmentVariable(name) is not null);
        // glibc's only; other allocators do not learn.
        if (!isTuned && OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library)
            && NativeLibrary.TryGetExport(library, "mallopt", out nint set))
        {
            var setting = (delegate* unmanaged<int, int, int>)set;
            _ = setting(MmapThreshold, LargeBlock);
            _ = setting(TrimThreshold, 2 * LargeBlock);
        }
    }

    /// <summary>Tells that malloc's settings are somebody else's business.</summary>
    public static void LeaveAlone() => Volatile.Write(ref _isDone, 1);
}
