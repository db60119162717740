using System.Buffers;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// A block of bytes that does not move. Blocks of common sizes come from the shared pool, so that a run over many images allocates nothing;
/// larger ones are the system's and go back to it at once, so that one huge image does not weigh on the process for good. The contents are
/// undefined at first.
/// </summary>
internal sealed unsafe class PixelMemory : IDisposable
{
    // A decoded photograph of 4 megapixels. The pool keeps arrays for a while on each thread that used one.
    private const int LargestPooled = 16 << 20;

    private readonly byte[]? _array;
    private GCHandle _handle;
    private byte* _pointer;

    public PixelMemory(long length)
    {
        Length = length;
        if (length <= LargestPooled)
        {
            _array = ArrayPool<byte>.Shared.Rent((int)length);
            _handle = GCHandle.Alloc(_array, GCHandleType.Pinned);
            _pointer = (byte*)_handle.AddrOfPinnedObject();
        }
        else
        {
            _pointer = (byte*)NativeMemory.Alloc((nuint)length);
        }
    }

    public long Length { get; }

    public byte* Pointer => _pointer;

    public Span<byte> Span => new(_pointer, checked((int)Length));

    public void Dispose()
    {
        if (_pointer is null)
        {
            return;
        }
        if (_array is null)
        {
            NativeMemory.Free(_pointer);
        }
        else
        {
            _handle.Free();
            ArrayPool<byte>.Shared.Return(_array);
        }
        _pointer = null;
    }
}
