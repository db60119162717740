using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>Reads images as the inference pipeline does, but keeps the bytes: [size, size, 3]. Thread-safe.</summary>
/// <param name="size">Height and width in pixels.</param>
/// <param name="folder">The folder that relative paths start from; null is the current one.</param>
internal sealed class ByteImageReader(int size, string? folder = null)
{
    /// <summary>
    /// Gives bytes as floats, plane by plane: [3, size, size]. So does the preprocessor without scaling and normalisation. An image that cannot be read throws.
    /// </summary>
    public PixelReader Pixels { get; } = new(
        new(ClipImagePreprocessorSettings.ForImageSize(size) with { RescaleFactor = null, Normalization = null }, new ClipImagePreprocessorOptions()),
        folder, ClipOnInvalidImage.Throw);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ClipImageException">It cannot be read; the message names it.</exception>
    public void Read(string path, Span<byte> pixels) => Read<ReadOnlyMemory<char>>(Pixels.Read, path.AsMemory(), pixels);

    /// <summary>Reads an image in whatever form it comes.</summary>
    /// <param name="read">One of the ways of <see cref="Pixels"/>.</param>
    /// <param name="input">The image.</param>
    /// <param name="pixels">Takes the bytes.</param>
    /// <exception cref="ClipImageException">There is no image, or it cannot be read.</exception>
    public static void Read<TInput>(PrepareRow<TInput, float> read, in TInput input, Span<byte> pixels)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(pixels.Length);
        try
        {
            var planes = rented.AsSpan(0, pixels.Length);
            read(input, planes);
            int plane = planes.Length / 3;
            for (int i = 0; i < plane; i++)
            {
                pixels[3 * i] = (byte)planes[i];
                pixels[(3 * i) + 1] = (byte)planes[plane + i];
                pixels[(3 * i) + 2] = (byte)planes[(2 * plane) + i];
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
