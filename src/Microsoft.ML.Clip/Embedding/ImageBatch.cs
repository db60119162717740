using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>A batch of images: decoded and preprocessed into one tensor [Capacity, 3, H, W], which the encoder reads in place.</summary>
internal sealed class ImageBatch<TInput>(ImageBatchSettings settings, ImageBatch<TInput>.ReadPixels read, int capacity)
    : EncoderBatch<TInput>(capacity, settings.Model.ImageFeatureDimension(settings.Features))
{
    private readonly int _pixelValueCount = settings.Model.Preprocessor.PixelValueCount;

    // Pooled, for the next cursor: fresh memory of this size is dear, above all on virtual machines, where each of its pages has to be fetched.
    private float[] _pixelValues = ArrayPool<float>.Shared.Rent(checked(capacity * settings.Model.Preprocessor.PixelValueCount));

    /// <summary>Reads one value of the input column into the tensor.</summary>
    internal delegate void ReadPixels(ImageBatchSettings settings, in TInput input, Span<float> pixelValues);

    public override void Dispose()
    {
        ArrayPool<float>.Shared.Return(_pixelValues);
        _pixelValues = [];
    }

    protected override bool TryPrepare(int row, in TInput input)
    {
        try
        {
            read(settings, input, PixelValues(row));
            return true;
        }
        catch (ClipImageException) when (settings.OnInvalidImage == OnInvalidImage.Missing)
        {
            return false;
        }
    }

    protected override void EncodeCore(int count)
    {
        int good = 0;
        while (good < count && IsMissing(good))
        {
            good++;
        }
        if (good == count)
        {
            return;
        }
        // The encoder runs on the whole batch: where an image is missing it sees a good one again, and the result is thrown away.
        for (int row = 0; row < count; row++)
        {
            if (IsMissing(row))
            {
                PixelValues(good).CopyTo(PixelValues(row));
            }
        }
        settings.Model.EncodePixels(_pixelValues.AsMemory(0, count * _pixelValueCount), count, settings.Features, settings.Normalize,
            Output.AsSpan(0, count * RowLength), alone: Capacity == 1);
    }

    private Span<float> PixelValues(int row) => _pixelValues.AsSpan(row * _pixelValueCount, _pixelValueCount);
}
