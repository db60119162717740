using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Turns resized bytes into the floats that the encoder takes. A byte has 256 values, so the three channels' results are computed once, in the
/// references' order and precision, and looked up: exact by construction. Immutable.
/// </summary>
internal sealed class PixelNormalizer
{
    private const int Levels = 256;

    // [channel, level], red first.
    private readonly float[] _table = new float[3 * Levels];

    public PixelNormalizer(ClipImagePreprocessorSettings settings)
    {
        for (int i = 0; i < _table.Length; i++)
        {
            (int channel, int level) = (i / Levels, i % Levels);
            float value = Rescale(level, settings);
            _table[i] = settings.Normalization is { } n ? (value - n.Mean[channel]) / n.StandardDeviation[channel] : value;
        }
    }

    /// <summary>The normalised value of a level.</summary>
    public float this[int channel, byte level] => _table[(channel * Levels) + level];

    /// <summary>Writes a row of pixels of four bytes to its place in each of the three planes.</summary>
    /// <param name="pixels">The row.</param>
    /// <param name="blueFirst">Whether the bytes are B, G, R, A and not R, G, B, A.</param>
    /// <param name="red">The row's place in the red plane.</param>
    /// <param name="green">The row's place in the green plane.</param>
    /// <param name="blue">The row's place in the blue plane.</param>
    public void WriteRow(ReadOnlySpan<byte> pixels, bool blueFirst, Span<float> red, Span<float> green, Span<float> blue)
    {
        var source = MemoryMarshal.Cast<byte, uint>(pixels);
        var first = (blueFirst ? blue : red)[..source.Length];
        var second = green[..source.Length];
        var third = (blueFirst ? red : blue)[..source.Length];
        ref float firstTable = ref _table[blueFirst ? 2 * Levels : 0];
        ref float secondTable = ref _table[Levels];
        ref float thirdTable = ref _table[blueFirst ? 0 : 2 * Levels];
        for (int x = 0; x < source.Length; x++)
        {
            // The indices are bytes, so they stay within their table; the compiler cannot see it.
            uint pixel = BitConverter.IsLittleEndian ? source[x] : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(source[x]);
            first[x] = Unsafe.Add(ref firstTable, (nint)(byte)pixel);
            second[x] = Unsafe.Add(ref secondTable, (nint)(byte)(pixel >> 8));
            third[x] = Unsafe.Add(ref thirdTable, (nint)(byte)(pixel >> 16));
        }
    }


    // Hugging Face multiplies in double precision and rounds once; OpenAI's ToTensor divides by 255 in single precision. (The results agree for
    // all 256 levels when the factor is 1/255; a test says so.)
    private static float Rescale(int level, ClipImagePreprocessorSettings settings)
    {
        if (settings.RescaleFactor is not double factor)
        {
            return level;
        }
        return settings.Convention == ClipImageConvention.OpenAI && factor == 1 / 255.0 ? level / 255f : (float)(level * factor);
    }
}
