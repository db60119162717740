using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>What is kept of the values that a tensor [images, channels, height, width] took.</summary>
internal sealed class ImageStatistics(int channels)
{
    private readonly double[] _sums = new double[channels];

    /// <summary>The smallest value, 0 included.</summary>
    public float Smallest { get; private set; }

    /// <summary>The largest value, 0 included.</summary>
    public float Largest { get; private set; }

    /// <summary>How many places were seen, those of all images.</summary>
    public long Count { get; private set; }

    /// <summary>Takes in images.</summary>
    /// <param name="values">[images, channels, places].</param>
    /// <param name="places">How many places an image has.</param>
    /// <exception cref="InvalidDataException">A value is not a number.</exception>
    public void Add(ReadOnlySpan<float> values, int places)
    {
        for (int start = 0, channel = 0; start + places <= values.Length; start += places, channel = (channel + 1) % channels)
        {
            var plane = values.Slice(start, places);
            float sum = TensorPrimitives.Sum(plane);
            // NaN and infinities spread over a sum.
            if (!float.IsFinite(sum))
            {
                throw new InvalidDataException("it is not a number everywhere on the calibration inputs");
            }
            Smallest = MathF.Min(Smallest, TensorPrimitives.Min(plane));
            Largest = MathF.Max(Largest, TensorPrimitives.Max(plane));
            _sums[channel] += sum;
            Count += channel == 0 ? places : 0;
        }
    }

    /// <summary>The mean of each channel.</summary>
    public float[] Means() => Array.ConvertAll(_sums, sum => (float)(sum / Math.Max(1, Count)));
}
