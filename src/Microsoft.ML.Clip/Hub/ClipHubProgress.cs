namespace Microsoft.ML.Clip;

/// <summary>How far a download is.</summary>
public sealed record ClipHubProgress
{
    /// <summary>The file of which bytes came last, by its name in the repository.</summary>
    public required string File { get; init; }

    /// <summary>How many files are there.</summary>
    public required int FilesDone { get; init; }

    /// <summary>How many files the download has; what was cached before does not count.</summary>
    public required int Files { get; init; }

    /// <summary>How many bytes are there, those that an earlier, interrupted download left included.</summary>
    public required long BytesDone { get; init; }

    /// <summary>How many bytes the files have.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes a second, over the download so far.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>How long the rest takes at that speed; <see langword="null"/> as long as there is none.</summary>
    public TimeSpan? Remaining => BytesPerSecond > 0 ? TimeSpan.FromSeconds((Bytes - BytesDone) / BytesPerSecond) : null;
}
