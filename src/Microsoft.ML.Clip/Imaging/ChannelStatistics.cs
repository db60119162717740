namespace Microsoft.ML.Clip;

/// <summary>What values are normalised with: (value - mean) / standard deviation, for red, green and blue.</summary>
internal sealed record ChannelStatistics(float[] Mean, float[] StandardDeviation)
{
    /// <summary>The statistics of CLIP's training images (openai/CLIP, clip.py, <c>_transform</c>).</summary>
    public static ChannelStatistics Clip { get; } = new([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]);
}
