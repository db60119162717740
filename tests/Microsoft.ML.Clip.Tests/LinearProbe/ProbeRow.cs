namespace Microsoft.ML.Clip.Tests;

public sealed class ProbeRow
{
    public float[] Features { get; set; } = [];

    public string Name { get; set; } = "";

    public float Weight { get; set; } = 1;

    public int Row { get; set; }
}
