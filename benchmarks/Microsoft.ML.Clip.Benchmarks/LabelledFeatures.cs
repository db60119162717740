namespace Microsoft.ML.Clip.Benchmarks;

internal sealed class LabelledFeatures
{
    public float[] Features { get; set; } = [];

    public uint Label { get; set; }
}
