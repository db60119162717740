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
    // A picture of a quarter of a megapixel. The pool keeps an array of each size for a while on each thread that used one: on a server with many
    // threads larger ones would add up to gigabytes.
    private const int LargestPooled = 1 << 20;

    private readonly byte[]? _array;
    private GCHandle _handle;
    private byte* _pointer;

    /// <exception cref="ClipImageException">There is no memory left.</exception>
    public PixelMemory(long length)
    {
        Length = length;
        try
        {
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
        catch (OutOfMemoryException e)
        {
            throw NoMemory(length, e);
        }
    }

    public long Length { get; }

    public byte* Pointer => _pointer;

    public Span<byte> Span => new(_pointer, checked((int)Length));

    /// <summary>
    /// Makes sure that native code will get as much memory as it is going to ask for, which may end the process where it does not.
    /// </summary>
    /// <exception cref="ClipImageException">There is not as much.</exception>
    public static void RequireNative(long length)
    {
        // Less is hardly ever missing, and asking for more costs nothing: memory that nobody touches is only an address.
        const long LeastAsked = 16 << 20;
        if (length < LeastAsked)
        {
            return;
        }
        try
        {
            NativeMemory.Free(NativeMemory.Alloc((nuint)length));
        }
        catch (OutOfMemoryException e)
        {
            throw NoMemory(length, e);
        }
    }

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

    private static ClipImageException NoMemory(long length, Exception cause) =>
        new($"There is not enough memory for the image: {length} more bytes cannot be had.", cause);
}
