namespace Microsoft.ML.Clip;

/// <summary>What zero-shot and a probe reach on one set.</summary>
/// <param name="SetName">The name of the set.</param>
/// <param name="ZeroShot">Zero-shot's score by the set's metric, 0 to 1.</param>
/// <param name="Probe">The probe's, by the same metric.</param>
public readonly record struct ClipScorePair(string SetName, double ZeroShot, double Probe)
{
    /// <summary>How much better zero-shot is, -1 to 1.</summary>
    public double Difference => ZeroShot - Probe;
}
