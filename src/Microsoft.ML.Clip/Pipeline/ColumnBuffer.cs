using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// The values of one source column for the rows of a batch. The source is read ahead of the consumer, so what it gives has to be kept: every
/// slot is a variable of its own, handed to the source's getter by reference as ML.NET's own shuffling and caching do.
/// </summary>
/// <remarks>
/// Some values belong to the source and are good only until it moves: an image that it disposes with the next row (ML.NET's ResizeImages hands on LoadImages'
/// own where the size is right already), a text in a buffer that it fills again. Of these the slot holds a copy.
/// </remarks>
internal abstract class ColumnBuffer
{
    /// <summary>Creates the buffer for a column of the given type.</summary>
    public static ColumnBuffer Create(DataViewRow source, DataViewSchema.Column column, int capacity) =>
        (ColumnBuffer)Activator.CreateInstance(typeof(ColumnBuffer<>).MakeGenericType(column.Type.RawType), source, column, capacity)!;

    /// <summary>Reads the source's current row into a slot.</summary>
    public abstract void Fetch(int slot);

    /// <summary>Lets go of the copies that hold native memory. Nothing may be read any more.</summary>
    public abstract void Release();
}

/// <inheritdoc cref="ColumnBuffer"/>
internal sealed class ColumnBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private static readonly CopyValue Copy = MakeCopy();
    private static readonly CopyValue? Keep = MakeKeep();

    private readonly ValueGetter<T> _getter = source.GetGetter<T>(column);
    private readonly T[] _values = new T[capacity];

    // What the source gave last, if the slots hold copies.
    private T _current = default!;

    private delegate void CopyValue(in T source, ref T destination);

    public ref readonly T this[int slot] => ref _values[slot];

    public override void Fetch(int slot)
    {
        if (Keep is null)
        {
            _getter(ref _values[slot]);
            return;
        }
        _getter(ref _current);
        Keep(_current, ref _values[slot]);
    }

    public override void Release()
    {
        if (_values is MLImage?[] images)
        {
            Array.ForEach(images, image => image?.Dispose());
        }
    }

    /// <summary>Gives a slot's value to a consumer, who then owns what it holds.</summary>
    public void CopyTo(int slot, ref T value) => Copy(_values[slot], ref value);

    private static CopyValue MakeCopy()
    {
        // A vector's arrays and an image's pixels belong to the slot and will be overwritten: the consumer gets a copy.
        if (typeof(T) == typeof(MLImage))
        {
            return (CopyValue)(Delegate)new ColumnBuffer<MLImage>.CopyValue(CopyImage);
        }
        if (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(VBuffer<>))
        {
            var method = typeof(VBufferCopy).GetMethod(nameof(VBufferCopy.Copy))!.MakeGenericMethod(typeof(T).GetGenericArguments());
            return method.CreateDelegate<CopyValue>();
        }
        return (in T source, ref T destination) => destination = source;
    }

    private static CopyValue? MakeKeep()
    {
        if (typeof(T) == typeof(MLImage))
        {
            return (CopyValue)(Delegate)new ColumnBuffer<MLImage>.CopyValue(KeepImage);
        }
        return typeof(T) == typeof(ReadOnlyMemory<char>) ? (CopyValue)(Delegate)new ColumnBuffer<ReadOnlyMemory<char>>.CopyValue(KeepText) : null;
    }

    // Strings do not change; nearly all texts are parts of one.
    private static void KeepText(in ReadOnlyMemory<char> source, ref ReadOnlyMemory<char> destination) =>
        destination = MemoryMarshal.TryGetString(source, out _, out _, out _) ? source : source.ToString().AsMemory();

    private static void KeepImage(in MLImage source, ref MLImage destination)
    {
        try
        {
            CopyImage(source, ref destination);
        }
        catch (InvalidOperationException)
        {
            // It was disposed before it came; whoever looks at it will say so, and of which row.
            destination = source;
        }
    }

    private static void CopyImage(in MLImage source, ref MLImage destination)
    {
        destination?.Dispose();
        destination = source is null ? null! : MLImage.CreateFromPixels(source.Width, source.Height, source.PixelFormat, source.Pixels);
        if (destination is not null)
        {
            destination.Tag = source!.Tag;
        }
    }

    private static class VBufferCopy
    {
        public static void Copy<TItem>(in VBuffer<TItem> source, ref VBuffer<TItem> destination) => source.CopyTo(ref destination);
    }
}
