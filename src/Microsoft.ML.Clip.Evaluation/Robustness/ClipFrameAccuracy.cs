namespace Microsoft.ML.Clip;

/// <summary>
/// pm-k, the metric of ImageNet-Vid-Robust and YouTube-BB-Robust (Shankar et al. 2021): an anchor is right only if it and every frame within k of it are.
/// </summary>
/// <param name="K">How many frames before and behind the anchor count; 0 for the anchor alone.</param>
/// <param name="Hits">How many anchors were right.</param>
/// <param name="Anchors">Of how many.</param>
/// <param name="Frames">How many frames that took, anchors included.</param>
public readonly record struct ClipFrameAccuracy(int K, int Hits, int Anchors, int Frames)
{
    /// <summary>The share, 0 to 1.</summary>
    public double Accuracy => Hits / (double)Anchors;

    /// <summary>Its 99.5% interval; anchors are taken to be independent. Without one everything from 0 to 1.</summary>
    public ClipInterval Interval => Anchors == 0 ? new(0, 1) : ClipInterval.ClopperPearson(Hits, Anchors);

    /// <summary>Measures frames.</summary>
    /// <param name="frames">
    /// Each anchor, and those of its neighbours that were judged to be similar to it: those that were not are not to be given.
    /// </param>
    /// <param name="k">How far a frame may be; in the paper 0 and 10.</param>
    /// <returns>The accuracy.</returns>
    /// <exception cref="ArgumentException">There are no frames, an anchor has none at 0, or two at one offset; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is negative.</exception>
    public static ClipFrameAccuracy Of(IEnumerable<ClipFrame> frames, int k)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        var anchors = frames.GroupBy(f => f.Anchor, StringComparer.Ordinal).ToArray();
        if (anchors.Length == 0)
        {
            throw new ArgumentException("There is no frame to measure.", nameof(frames));
        }
        int hits = 0, count = 0;
        foreach (var anchor in anchors)
        {
            if (anchor.CountBy(f => f.Offset).FirstOrDefault(o => o.Value > 1) is { Value: > 1 } twice)
            {
                throw new ArgumentException($"The anchor '{anchor.Key}' has {twice.Value} frames at {twice.Key}; expected one.", nameof(frames));
            }
            if (anchor.All(f => f.Offset != 0))
            {
                throw new ArgumentException($"The anchor '{anchor.Key}' has {anchor.Count()} neighbours, but is not there itself, at 0.", nameof(frames));
            }
            ClipFrame[] near = [.. anchor.Where(f => f.Offset >= -k && f.Offset <= k)];
            count += near.Length;
            hits += near.All(f => f.IsHit) ? 1 : 0;
        }
        return new(k, hits, anchors.Length, count);
    }
}
