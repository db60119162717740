using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>A batch of images: decoded and preprocessed into one tensor [Capacity, 3, H, W], which the encoder reads in place.</summary>
internal sealed class ImageBatch<TInput>(ImageBatchSettings settings, ImageBatch<TInput>.ReadPixels read, int capacity)
    : RowWork<TInput>(capacity, settings.Model.ImageFeatureDimension(settings.Features))
{
    // Pooled, for the next cursor: fresh memory of this size is dear, above all on virtual machines, where each of its pages has to be fetched.
    private float[] _memory = ArrayPool<float>.Shared.Rent(checked(capacity * settings.Model.Preprocessor.PixelValueCount));

    private Rows<float> PixelValues => new(_memory, settings.Model.Preprocessor.PixelValueCount);

    /// <summary>Reads one value of the input column into the tensor.</summary>
    internal delegate void ReadPixels(ImageBatchSettings settings, in TInput input, Span<float> pixelValues);

    public override void Dispose()
    {
        ArrayPool<float>.Shared.Return(_memory);
        _memory = [];
    }

    protected override bool TryPrepare(int row, in TInput input)
    {
        try
        {
            read(settings, input, PixelValues[row]);
            return true;
        }
        catch (ClipImageException) when (settings.OnInvalidImage == ClipOnInvalidImage.Missing)
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
                PixelValues[good].CopyTo(PixelValues[row]);
            }
        }
        var share = settings.Model.Share.OneOfSeveral();
        settings.Model.EncodePixels(PixelValues.Slice(0, count), settings.Features, settings.Normalize, Output.Slice(0, count),
            Capacity == 1 ? share.Alone() : share);
    }

}

/// <summary>What every batch of images of one transformer has in common.</summary>
internal sealed record ImageBatchSettings(ClipModel Model, ClipFeatures Features, bool Normalize, int BatchSize, string? ImageFolder,
    ClipOnInvalidImage OnInvalidImage);
