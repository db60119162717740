using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>An image and what a model took it for. Immutable, as long as nobody writes to the bytes.</summary>
/// <param name="Name">The name of the image.</param>
/// <param name="Encoded">The image, as JPEG, PNG, GIF or WebP. A page holds all of them whole: <see cref="Shrink"/> large ones.</param>
/// <param name="TrueClass">The class that it belongs to.</param>
/// <param name="Guesses">What a model took it for, the most probable first; five are shown.</param>
public sealed record ClipPlotImage(string Name, ReadOnlyMemory<byte> Encoded, string TrueClass, IReadOnlyList<ClipPlotGuess> Guesses)
{
    // CLIP's means and standard deviations, with which its preprocessing normalises.
    private static readonly float[] Means = [0.48145466f, 0.4578275f, 0.40821073f], Deviations = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>
    /// The image small: upright, its middle square as a model sees it, as PNG, of some 30 kB. An image that is in its place no larger stays as it is.
    /// </summary>
    /// <param name="size">The edge of the square in pixels, 16 to 512.</param>
    /// <returns>The image, with the bytes of the small one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The size is none.</exception>
    /// <exception cref="ClipImageException">The image cannot be decoded; the message has its name.</exception>
    public ClipPlotImage Shrink(int size = 128)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 512);
        var preprocessor = ClipImagePreprocessor.Create(size, new() { ApplyExifOrientation = true });
        float[] values = new float[preprocessor.PixelValueCount];
        try
        {
            preprocessor.PreprocessEncoded(Encoded.Span, values);
        }
        catch (ClipImageException e)
        {
            throw new ClipImageException($"'{Name}' cannot be made small: {e.Message}", e);
        }
        byte[] rgb = new byte[values.Length];
        for (int i = 0; i < rgb.Length; i++)
        {
            int channel = i % 3;
            rgb[i] = (byte)Math.Clamp(MathF.Round(255 * ((values[(channel * size * size) + (i / 3)] * Deviations[channel]) + Means[channel])), 0, 255);
        }
        byte[] small = PngFile.Write(rgb, size);
        return small.Length < Encoded.Length ? this with { Encoded = small } : this;
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
