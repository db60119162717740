using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>The model in the middle of its training, with averaged weights, for an evaluation.</summary>
/// <remarks>Valid during the call that got it; not thread-safe.</remarks>
public sealed class ClipTrainingSnapshot
{
    private const int BatchSize = 250;

    private readonly ClipModule _module;
    private readonly ClipTokenizer _tokenizer;
    private readonly ImageAugmenter _normalizer;
    private readonly ScalarType _type;

    internal ClipTrainingSnapshot(ClipModule module, ClipTokenizer tokenizer, ScalarType type, int step)
    {
        _module = module;
        _tokenizer = tokenizer;
        _normalizer = new ImageAugmenter(module.Architecture);
        _type = type;
        Step = step;
    }

    /// <summary>Steps done.</summary>
    public int Step { get; }

    /// <summary>I_e of images: normalised, <see cref="ClipArchitecture.JointDimension"/> values each.</summary>
    /// <param name="images">Images of <see cref="ClipArchitecture.ImageSize"/>.</param>
    /// <exception cref="ArgumentException">The images have another size.</exception>
    public float[][] EncodeImages(ClipImageSet images)
    {
        ArgumentNullException.ThrowIfNull(images);
        int size = _module.Architecture.ImageSize;
        if (images.Size != size)
        {
            throw new ArgumentException($"The images have {images.Size} pixels, the model takes {size}.", nameof(images));
        }
        return Encode(images.Count, (start, count) =>
        {
            float[] pixels = new float[count * size * size * 3];
            ParallelRows.For(count, Environment.ProcessorCount, i => _normalizer.Copy(images[start + i], pixels.AsSpan(i * size * size * 3, size * size * 3)));
            return _module.EmbedImages(tensor(pixels, [count, size, size, 3]).permute(0, 3, 1, 2).to(_type).to(_module.Device));
        });
    }

    /// <summary>T_e of texts: normalised, <see cref="ClipArchitecture.JointDimension"/> values each.</summary>
    /// <param name="texts">The texts; what is too long is cut as the tokenizer does.</param>
    public float[][] EncodeTexts(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Encode(texts.Count, (start, count) =>
        {
            var captions = CaptionSet.Create([.. texts.Skip(start).Take(count).Select(t => new[] { t })], null, _tokenizer);
            int[] rows = [.. Enumerable.Range(0, count).Select(captions.First)];
            return _module.EmbedTexts(from_array(captions.Ids(rows, _module.Architecture.EndOfTextId)).to(_module.Device));
        });
    }

    private static float[][] Encode(int total, Func<int, int, Tensor> encode)
    {
        float[][] result = new float[total][];
        using var _ = no_grad();
        for (int start = 0; start < total; start += BatchSize)
        {
            using var scope = NewDisposeScope();
            int count = Math.Min(BatchSize, total - start);
            float[] values = [.. encode(start, count).cpu().contiguous().data<float>()];
            int dimension = values.Length / count;
            for (int i = 0; i < count; i++)
            {
                result[start + i] = values[(i * dimension)..((i + 1) * dimension)];
            }
        }

        return result;
    }
}
