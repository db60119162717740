using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// A file as memory: the system reads a page of it when it is first touched, keeps one copy for all processes, and may drop it again, as it is on disk.
/// Stays what it was when another file takes its name; must not be written to.
/// </summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    /// <summary>
    /// Names whether files are mapped; <c>off</c> for never, where files are cut or a network's disk goes away under a process, which then ends.
    /// </summary>
    public const string Variable = "CLIP_MAP_WEIGHTS";

    // MADV_DONTNEED of sys/mman.h.
    private const int NotNeeded = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private bool _isDisposed;

    /// <exception cref="IOException">It cannot be opened or mapped, or is no regular file.</exception>
    public MappedFile(string path)
    {
        var handle = RegularFile.OpenHandle(path, FileOptions.RandomAccess, FileShare.Read | FileShare.Delete);
        Stamp = FileStamp.Of(handle);
        _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, Stamp.Length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Whether the environment lets files be mapped.</summary>
    public static bool IsAllowed => !string.Equals(Environment.GetEnvironmentVariable(Variable), "off", StringComparison.OrdinalIgnoreCase);

    /// <summary>What the file was when it was mapped.</summary>
    public FileStamp Stamp { get; }

    /// <summary>Where a range of the file lies in memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The file has no such range.</exception>
    public nint Address(long start, long length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Stamp.Length - start);
        return (nint)(_start + start);
    }

    /// <summary>Takes the pages out of the process's memory; whoever touches one again finds it as it was. Only Linux is asked.</summary>
    public void Forget()
    {
        if (OperatingSystem.IsLinux() && !_isDisposed)
        {
            _ = MemoryAdvise(_start, (nuint)Stamp.Length, NotNeeded);
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* start, nuint bytes, int advice);
}
