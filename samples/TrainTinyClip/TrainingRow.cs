namespace TrainTinyClip;

/// <summary>One image with its captions; rows of a group show the same thing.</summary>
internal sealed class TrainingRow
{
    public string Path { get; set; } = "";

    public string[] Captions { get; set; } = [];

    public string Group { get; set; } = "";
}
