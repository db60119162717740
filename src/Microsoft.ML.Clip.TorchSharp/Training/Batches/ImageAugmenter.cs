using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes a training example of an image: a random part of it, resized (bilinear), perhaps mirrored, normalised. Reads bytes [size, size, 3], writes floats
/// [output size, output size, 3].
/// </summary>
internal sealed class ImageAugmenter
{
    private readonly int _size;
    private readonly int _outputSize;
    private readonly float[] _scale; // one row of pixels, so that whole rows are multiplied at once
    private readonly float[] _shift;

    /// <param name="architecture">Tells the size of the images, mean and deviation.</param>
    /// <param name="outputSize">Height and width of the examples; the images' own if <see langword="null"/>.</param>
    public ImageAugmenter(ClipArchitecture architecture, int? outputSize = null)
    {
        _size = architecture.ImageSize;
        _outputSize = outputSize ?? _size;
        _scale = new float[3 * _outputSize];
        _shift = new float[3 * _outputSize];
        for (int i = 0; i < _scale.Length; i++)
        {
            // (byte / 255 - mean) / deviation
            _scale[i] = (float)(1 / (255 * architecture.ImageStandardDeviation[i % 3]));
            _shift[i] = (float)(-architecture.ImageMean[i % 3] / architecture.ImageStandardDeviation[i % 3]);
        }
    }

    /// <summary>The image as it is, normalised; both sizes are equal.</summary>
    public void Copy(ReadOnlySpan<byte> image, Span<float> output)
    {
        TensorPrimitives.ConvertTruncating(image, output);
        Normalize(output);
    }

    /// <summary>A random part, resized and perhaps mirrored.</summary>
    /// <param name="image">[size, size, 3]</param>
    /// <param name="output">[output size, output size, 3]</param>
    /// <param name="random">Where the part and the mirroring come from.</param>
    /// <param name="minimumArea">The smallest part of the area that a crop may have, in (0, 1]; 1 leaves the whole image.</param>
    /// <param name="maximumShift">How far the part may reach over the edge, as a part of the edge; what is outside repeats the edge.</param>
    /// <param name="flip">Whether half of the images are mirrored.</param>
    public void Augment(ReadOnlySpan<byte> image, Span<float> output, ref CounterRandom random, double minimumArea, double maximumShift, bool flip)
    {
        double area = random.NextDouble(minimumArea, 1);
        double ratio = minimumArea < 1 ? Math.Exp(random.NextDouble(-LogAspect, LogAspect)) : 1;
        double height = Math.Min(1, Math.Sqrt(area / ratio)), width = Math.Min(1, Math.Sqrt(area * ratio));
        double top = random.NextDouble(-maximumShift, 1 - height + maximumShift), left = random.NextDouble(-maximumShift, 1 - width + maximumShift);
        bool mirrored = flip && random.NextDouble() < 0.5;
        double step = (double)_size / _outputSize;
        Resample(image, output, top * _size, left * _size, height * step, width * step, mirrored);
        Normalize(output);
    }

    /// <summary>The aspect ratio of a crop lies between 3/4 and 4/3, as is usual.</summary>
    private static readonly double LogAspect = Math.Log(4.0 / 3);

    /// <summary>Bilinear, sampling pixel centres; places outside take the nearest edge.</summary>
    private void Resample(ReadOnlySpan<byte> image, Span<float> output, double top, double left, double yStep, double xStep, bool mirrored)
    {
        int size = _outputSize, imageRow = 3 * _size, row = 3 * size;
        Span<int> low = stackalloc int[size], high = stackalloc int[size];
        Span<float> part = stackalloc float[size];
        for (int x = 0; x < size; x++)
        {
            int target = mirrored ? size - 1 - x : x;
            (low[target], high[target], part[target]) = Place(left + ((x + 0.5) * xStep) - 0.5);
            low[target] *= 3;
            high[target] *= 3;
        }

        Span<float> blended = stackalloc float[imageRow], upper = stackalloc float[imageRow];
        for (int y = 0; y < size; y++)
        {
            (int first, int second, float weight) = Place(top + ((y + 0.5) * yStep) - 0.5);
            TensorPrimitives.ConvertTruncating(image.Slice(first * imageRow, imageRow), blended);
            TensorPrimitives.ConvertTruncating(image.Slice(second * imageRow, imageRow), upper);
            TensorPrimitives.Lerp(blended, upper, weight, blended);
            var target = output.Slice(y * row, row);
            for (int x = 0; x < size; x++)
            {
                int a = low[x], b = high[x];
                float w = part[x];
                target[3 * x] = blended[a] + (w * (blended[b] - blended[a]));
                target[(3 * x) + 1] = blended[a + 1] + (w * (blended[b + 1] - blended[a + 1]));
                target[(3 * x) + 2] = blended[a + 2] + (w * (blended[b + 2] - blended[a + 2]));
            }
        }
    }

    private (int Low, int High, float Weight) Place(double position)
    {
        double clamped = Math.Clamp(position, 0, _size - 1);
        int low = (int)clamped;
        return (low, Math.Min(low + 1, _size - 1), (float)(clamped - low));
    }

    private void Normalize(Span<float> pixels)
    {
        for (int start = 0; start < pixels.Length; start += _scale.Length)
        {
            var row = pixels.Slice(start, _scale.Length);
            TensorPrimitives.MultiplyAdd(row, _scale, _shift, row);
        }
    }
}
