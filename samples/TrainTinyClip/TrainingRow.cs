namespace TrainTinyClip;

/// <summary>One image with its captions; rows of a group show the same thing.</summary>
internal sealed class TrainingRow
{
    public string Path { get; set; } = "";

    public string[] Captions { get; set; } = [];

    public string Group { get; set; } = "";

    /// <summary>How much of each group it shows, in the ordinal order of their names; empty where nothing is known but its own.</summary>
    public float[] Shares { get; set; } = [];
}
