namespace Microsoft.ML.Clip;

/// <summary>A matrix in memory that somebody else owns: rows of equal length, one behind the other.</summary>
/// <param name="values">[count, width], row-major.</param>
/// <param name="width">The length of a row; at least 1.</param>
internal readonly struct Rows<T>(Memory<T> values, int width)
{
    /// <summary>All values, row by row.</summary>
    public Memory<T> Values { get; } = values;

    /// <summary>The length of a row.</summary>
    public int Width { get; } = width;

    public int Count => Width == 0 ? 0 : Values.Length / Width;

    public Span<T> Span => Values.Span;

    /// <summary>One row.</summary>
    public Span<T> this[int row] => Values.Span.Slice(row * Width, Width);

    /// <summary>Some rows, in the same memory.</summary>
    public Rows<T> Slice(int start, int count) => new(Values.Slice(start * Width, count * Width), Width);
}

internal static class Rows
{
    /// <summary>An array as so many rows.</summary>
    public static Rows<T> Of<T>(T[] values, int count) => new(values, count == 0 ? 0 : values.Length / count);
}
