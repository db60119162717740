namespace CompareLinearProbe;

internal sealed class Row
{
    public float[] Features { get; set; } = [];

    public uint Label { get; set; }
}
