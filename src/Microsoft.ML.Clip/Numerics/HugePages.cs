using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Asks Linux to back memory with pages of 2 MiB. A feature matrix is written once, from end to end, and every page of 4 KiB of it costs a fault: more
/// than the copy into it, on virtual machines several times more.
/// </summary>
/// <remarks>Only advice: the system may not follow it, and other systems than Linux are not asked.</remarks>
internal static unsafe partial class HugePages
{
    /// <summary>The size of a huge page, and where one may start.</summary>
    public const int Size = 2 << 20;

    // MADV_HUGEPAGE of sys/mman.h.
    private const int HugePageAdvice = 14;

    /// <summary>Gives the advice for those huge pages that lie within some memory. Before it is first written to.</summary>
    public static void Advise(void* start, nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        nuint first = ((nuint)start + Size - 1) / Size * Size, end = ((nuint)start + bytes) / Size * Size;
        // What it returns does not matter: on a kernel without huge pages, everything goes on as without.
        if (end > first)
        {
            _ = MemoryAdvise((void*)first, end - first, HugePageAdvice);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* start, nuint bytes, int advice);
}
