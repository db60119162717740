using System.Buffers;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// A growable list that starts on the caller's stack and moves to the array pool when it outgrows it, so that an ordinary prompt is encoded
/// without touching the heap. Must be disposed; never copied.
/// </summary>
internal ref struct ValueList<T>
{
    private Span<T> _items;
    private T[]? _rented;
    private int _count;

    public ValueList(Span<T> initial) => _items = initial;

    /// <summary>How many items the list may grow to hold; 0 for no limit. What fits without growing is not counted.</summary>
    public int MaximumCount { readonly get; set; }

    public int Count
    {
        readonly get => _count;
        set => _count = value;
    }

    public readonly ref T this[int index] => ref _items[.._count][index];

    public readonly ReadOnlySpan<T> AsSpan() => _items[.._count];

    public readonly Span<T> AsWritableSpan() => _items[.._count];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(T item)
    {
        if ((uint)_count < (uint)_items.Length)
        {
            _items[_count++] = item;
        }
        else
        {
            GrowAndAdd(item);
        }
    }

    /// <exception cref="ValueListLimitException">There would be more than <see cref="MaximumCount"/>.</exception>
    public void AddRange(scoped ReadOnlySpan<T> items) => items.CopyTo(Append(items.Length));

    /// <summary>Lengthens the list by <paramref name="length"/> items and hands them out to be written.</summary>
    public Span<T> Append(int length)
    {
        if (length > _items.Length - _count)
        {
            Grow(length);
        }
        _count += length;
        return _items.Slice(_count - length, length);
    }

    public void RemoveFirst(int count)
    {
        _items[count.._count].CopyTo(_items);
        _count -= count;
    }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<T>.Shared.Return(_rented);
        }
        this = default;
    }

    private void GrowAndAdd(T item)
    {
        Grow(1);
        _items[_count++] = item;
    }

    private void Grow(int extra)
    {
        if (MaximumCount > 0 && extra > MaximumCount - _count)
        {
            throw new ValueListLimitException();
        }
        int needed = checked(_count + extra);
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, (int)Math.Min(2L * _items.Length, Array.MaxLength)));
        _items[.._count].CopyTo(larger);
        if (_rented is not null)
        {
            ArrayPool<T>.Shared.Return(_rented);
        }
        _items = _rented = larger;
    }
}

/// <summary>A list would have grown beyond its limit. Whoever set the limit says what that means.</summary>
internal sealed class ValueListLimitException : Exception;
