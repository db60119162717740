namespace LinearProbe;

internal sealed class Photograph
{
    public string Path { get; set; } = "";

    public string Class { get; set; } = "";
}
