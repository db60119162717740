namespace Microsoft.ML.Clip;

/// <summary>A cached file that is not what the hub has, or cannot be compared with it.</summary>
public sealed record ClipHubFault
{
    /// <summary>The commit, 40 hexadecimal digits.</summary>
    public required string Commit { get; init; }

    /// <summary>The name of the file in the repository.</summary>
    public required string File { get; init; }

    /// <summary>What was expected and what was found.</summary>
    public required string Text { get; init; }

    /// <summary>Whether the content is known to be wrong; otherwise nothing tells what it should be.</summary>
    public required bool IsDamaged { get; init; }
}
