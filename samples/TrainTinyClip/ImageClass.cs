namespace TrainTinyClip;

/// <summary>A class of a labelled image set.</summary>
/// <param name="Folder">The folder of its images.</param>
/// <param name="Names">What it is called, the usual name first.</param>
internal sealed record ImageClass(string Folder, IReadOnlyList<string> Names)
{
    public string Name => Names[0];
}
