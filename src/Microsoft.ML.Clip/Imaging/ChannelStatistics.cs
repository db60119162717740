using System.Collections.Immutable;

namespace Microsoft.ML.Clip;

/// <summary>What values are normalised with: (value - mean) / standard deviation, for red, green and blue.</summary>
internal sealed record ChannelStatistics(float[] Mean, float[] StandardDeviation)
{
    /// <summary>The mean of CLIP's training images, of values from 0 to 1 (openai/CLIP, clip.py, <c>_transform</c>).</summary>
    public static readonly ImmutableArray<double> ClipMean = [0.48145466, 0.4578275, 0.40821073];

    /// <summary>Their standard deviation.</summary>
    public static readonly ImmutableArray<double> ClipStandardDeviation = [0.26862954, 0.26130258, 0.27577711];

    /// <summary>From -1 to 1, as SigLIP and ViT have it: 0.5 for all.</summary>
    public static ChannelStatistics Half { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    /// <summary>The statistics of CLIP's training images.</summary>
    public static ChannelStatistics Clip { get; } = new([.. ClipMean.Select(m => (float)m)], [.. ClipStandardDeviation.Select(s => (float)s)]);
}
