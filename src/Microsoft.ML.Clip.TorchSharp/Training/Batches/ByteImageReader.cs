using System.Buffers;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>Reads images as the inference pipeline does, but keeps the bytes: [size, size, 3].</summary>
internal sealed class ByteImageReader(int size)
{
    private delegate void ReadPixels<TImage>(TImage image, Span<float> pixels)
        where TImage : allows ref struct;

    // Without scaling and normalisation the preprocessor gives the resized bytes, as floats.
    private readonly ClipImagePreprocessor _preprocessor = new(
        ClipImagePreprocessorSettings.ForImageSize(size) with { RescaleFactor = null, Normalization = null }, new ClipImagePreprocessorOptions());

    public void Read(string path, Span<byte> pixels) => Read(path, pixels, _preprocessor.PreprocessFile);

    public void Read(ReadOnlySpan<byte> file, Span<byte> pixels) => Read(file, pixels, _preprocessor.PreprocessEncoded);

    public void Read(MLImage image, Span<byte> pixels) => Read(image, pixels, _preprocessor.Preprocess);

    private void Read<TImage>(TImage image, Span<byte> pixels, ReadPixels<TImage> read)
        where TImage : allows ref struct
    {
        float[] rented = ArrayPool<float>.Shared.Rent(_preprocessor.PixelValueCount);
        try
        {
            var planes = rented.AsSpan(0, _preprocessor.PixelValueCount);
            read(image, planes);
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
