namespace Microsoft.ML.Clip;

/// <summary>Few-shot curves as lines of a plot.</summary>
internal static class CurveLines
{
    /// <summary>The probes as a line with its spread, and zero-shot as a star at none.</summary>
    public static IEnumerable<ClipPlotLine> Of(ClipFewShotCurve curve, string prefix = "")
    {
        yield return new ClipPlotLine(prefix + "linear probe", [.. curve.Points.Select(p => new ClipPlotPoint(p.Shots ?? ClipPlotAxis.WholeSet, p.Mean)
        {
            YInterval = p.StandardDeviation is { } d ? new ClipInterval(Math.Max(0, p.Mean - d), Math.Min(1, p.Mean + d)) : null,
        })]);
        if (curve.ZeroShot is { } zeroShot)
        {
            yield return new ClipPlotLine(prefix + "zero-shot", [new(0, zeroShot)]);
        }
    }

    /// <summary>How many images of each class a probe needs to be as good as zero-shot, which has to be there.</summary>
    public static ClipDataEfficiency Efficiency(ClipFewShotCurve curve)
    {
        var points = curve.Points.Select(p => (Images: Math.Min(p.Shots ?? p.ImagesPerClass, p.ImagesPerClass), p.Mean)).DistinctBy(p => p.Images);
        return ClipDataEfficiency.Solve(curve.SetName, curve.ZeroShot!.Value, [.. points.OrderBy(p => p.Images)]);
    }
}
