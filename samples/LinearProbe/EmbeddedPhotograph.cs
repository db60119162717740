namespace LinearProbe;

internal sealed class EmbeddedPhotograph
{
    public string Path { get; set; } = "";

    public string Class { get; set; } = "";

    public float[] Features { get; set; } = [];
}
