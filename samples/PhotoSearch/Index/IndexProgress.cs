namespace PhotoSearch;

/// <summary>What the indexer is doing.</summary>
internal enum IndexStage
{
    /// <summary>Reading what it knows out of the database.</summary>
    Loading,

    /// <summary>Listing the folder.</summary>
    Listing,

    /// <summary>Embedding photographs.</summary>
    Reading,

    /// <summary>Looking for photographs that look alike.</summary>
    Comparing,

    /// <summary>Making the map, or putting photographs onto it.</summary>
    Mapping,

    /// <summary>Waiting for changes.</summary>
    Ready,

    /// <summary>The folder cannot be reached; what was read of it can be searched.</summary>
    Unreachable,

    /// <summary>Something else is in the way, such as a disk that is full; it is tried again and again, and what was read can be searched.</summary>
    Failing,
}

/// <summary>How far the indexer is.</summary>
/// <param name="Stage">What it is doing.</param>
/// <param name="Done">How many photographs it has read, compared, or put onto the map, of this round.</param>
/// <param name="Total">Of how many.</param>
/// <param name="PerSecond">How many a second.</param>
/// <param name="Unreadable">How many files could not be read, this round and before.</param>
internal sealed record IndexProgress(IndexStage Stage, int Done = 0, int Total = 0, double PerSecond = 0, int Unreadable = 0)
{
    /// <summary>How long it will go on like this; null where nobody knows.</summary>
    public double? SecondsLeft => PerSecond > 0 ? (Total - Done) / PerSecond : null;
}
