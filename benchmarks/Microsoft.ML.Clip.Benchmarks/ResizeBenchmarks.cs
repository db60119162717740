using BenchmarkDotNet.Attributes;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Pixels of 500x375 to the 224x224 that the model sees: the two passes, with vector instructions and as they are defined.</summary>
[ShortJob]
public class ResizeBenchmarks
{
    private const int Width = 500, Height = 375, Size = 224, ResizedWidth = 298;

    private readonly byte[] _pixels = new byte[Width * Height * ImageResizer.Channels];
    private readonly byte[] _middle = new byte[Size * Height * ImageResizer.Channels];
    private readonly byte[] _result = new byte[Size * Size * ImageResizer.Channels];
    private readonly ResampleWeights _columns = ResampleWeights.Create(Width, ResizedWidth, ResampleFilter.Bicubic, (ResizedWidth - Size) / 2, Size);
    private readonly ResampleWeights _rows = ResampleWeights.Create(Height, Size, ResampleFilter.Bicubic, 0, Size);

    /// <summary>Fills the image with noise.</summary>
    [GlobalSetup]
    public void Setup() => new Random(1).NextBytes(_pixels);

    /// <summary>The definition, one byte at a time.</summary>
    [Benchmark(Baseline = true)]
    public void Scalar() => Resize(ImageResizer.ResizeRowScalar, (rows, row, weights, y) => ImageResizer.ResizeColumnsScalar(rows, row, weights, y));

    /// <summary>The same to the bit.</summary>
    [Benchmark]
    public void Vectorised() => Resize(ImageResizer.ResizeRow, ImageResizer.ResizeColumns);

    /// <summary>What the cache of weights saves.</summary>
    [Benchmark]
    public object ComputeWeights() => ResampleWeights.Create(Width, ResizedWidth, ResampleFilter.Bicubic, (ResizedWidth - Size) / 2, Size);

    private void Resize(RowPass rowPass, ColumnPass columnPass)
    {
        const int Stride = Width * ImageResizer.Channels, Line = Size * ImageResizer.Channels;
        for (int y = 0; y < Height; y++)
        {
            rowPass(_pixels.AsSpan(y * Stride, Stride), _middle.AsSpan(y * Line, Line), _columns);
        }
        for (int y = 0; y < Size; y++)
        {
            columnPass(_middle.AsSpan(_rows.Start(y) * Line, _rows.Stride * Line), _result.AsSpan(y * Line, Line), _rows, y);
        }
    }

    private delegate void RowPass(ReadOnlySpan<byte> source, Span<byte> destination, ResampleWeights weights);

    private delegate void ColumnPass(ReadOnlySpan<byte> rows, Span<byte> destination, ResampleWeights weights, int index);
}
