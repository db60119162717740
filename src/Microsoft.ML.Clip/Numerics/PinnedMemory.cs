using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>Memory at an address that its maker keeps in place: a caller's span, handed to several threads for the time of a call.</summary>
internal sealed unsafe class PinnedMemory<T>(T* pointer, int length) : MemoryManager<T>
    where T : unmanaged
{
    public override Span<T> GetSpan() => new(pointer, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(pointer + elementIndex);

    public override void Unpin()
    {
        // It never moves.
    }

    protected override void Dispose(bool disposing)
    {
        // The memory is somebody else's.
    }
}
