using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Images to tensors, on one thread.</summary>
internal static class PreprocessContestants
{
    private const int Repeats = 10;

    /// <summary>From decoded images.</summary>
    public static Contestant Pixels(Workload workload)
    {
        var preprocessor = ClipImagePreprocessor.Create();
        var images = workload.Photographs.Select(MLImage.CreateFromFile).ToArray();
        float[] values = new float[preprocessor.PixelValueCount];
        return () =>
        {
            for (int i = 0; i < Repeats; i++)
            {
                foreach (var image in images)
                {
                    preprocessor.Preprocess(image, values);
                }
            }
            preprocessor.Preprocess(images[0], values);
            return (Repeats * images.Length, Sample(values));
        };
    }

    /// <summary>From JPEG files of 12 megapixels in memory.</summary>
    public static Contestant Large(Workload workload, ClipImageDecoding decoding)
    {
        var preprocessor = ClipImagePreprocessor.Create(options: new() { Decoding = decoding });
        byte[][] files = [.. workload.LargePhotographs.Select(File.ReadAllBytes)];
        float[] values = new float[preprocessor.PixelValueCount];
        return () =>
        {
            foreach (byte[] file in files)
            {
                preprocessor.PreprocessEncoded(file, values);
            }
            preprocessor.PreprocessEncoded(files[0], values);
            return (files.Length + 1, Sample(values));
        };
    }

    /// <summary>What every step that reads JPEGs with SkiaSharp has to do at least: decode them, here on all cores and into memory that is there.</summary>
    public static Contestant DecoderAlone(Workload workload)
    {
        byte[][] files = [.. workload.Photographs.Select(File.ReadAllBytes)];
        return () =>
        {
            Parallel.For(0, Repeats * files.Length, () => Array.Empty<byte>(), (i, _, pixels) => Decode(files[i % files.Length], pixels), _ => { });
            return (Repeats * files.Length, null);
        };
    }

    private static unsafe byte[] Decode(byte[] file, byte[] pixels)
    {
        fixed (byte* p = file)
        {
            using var data = SKData.Create((nint)p, file.Length);
            using var codec = SKCodec.Create(data);
            var format = ImageDecoder.PixelFormat(codec.Info.Size);
            if (pixels.Length < format.BytesSize)
            {
                pixels = new byte[format.BytesSize];
            }
            fixed (byte* q = pixels)
            {
                ImageDecoder.RequireSuccess(codec.GetPixels(format, (nint)q), format);
            }
            return pixels;
        }
    }

    // The middle row of the red plane.
    private static float[] Sample(float[] values) => values.AsSpan(112 * 224, 224).ToArray();
}
