using BenchmarkDotNet.Attributes;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>224x224 pixels of four bytes to three planes of floats, (value / 255 - mean) / deviation.</summary>
[ShortJob]
public class NormalizeBenchmarks
{
    private const int Size = 224, Line = Size * 4, Plane = Size * Size;

    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f], Deviation = [0.26862954f, 0.26130258f, 0.27577711f];

    private readonly byte[] _pixels = new byte[Size * Line];
    private readonly float[] _values = new float[3 * Plane];
    private readonly PixelNormalizer _normalizer = new(ClipImagePreprocessorSettings.ForImageSize(Size));

    /// <summary>Fills the image with noise.</summary>
    [GlobalSetup]
    public void Setup() => new Random(1).NextBytes(_pixels);

    /// <summary>The formula, as one writes it.</summary>
    [Benchmark(Baseline = true)]
    public void Formula()
    {
        for (int i = 0; i < Plane; i++)
        {
            for (int c = 0; c < 3; c++)
            {
                _values[(c * Plane) + i] = ((_pixels[(i * 4) + c] / 255f) - Mean[c]) / Deviation[c];
            }
        }
    }

    /// <summary>Looked up, which is exact by construction.</summary>
    [Benchmark]
    public void Table()
    {
        for (int y = 0; y < Size; y++)
        {
            var row = _values.AsSpan(y * Size);
            _normalizer.WriteRow(_pixels.AsSpan(y * Line, Line), blueFirst: false, row, row[Plane..], row[(2 * Plane)..]);
        }
    }
}
