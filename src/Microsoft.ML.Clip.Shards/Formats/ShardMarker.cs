namespace Microsoft.ML.Clip;

/// <summary>done/NNNNNN.json: a shard is finished, and this is what was made of it. Written last.</summary>
internal sealed record ShardMarker
{
    public const string CurrentFormat = "clip-shard-done/1";

    /// <summary>Far more than one has.</summary>
    public const int MostBytes = 1 << 16;

    public const int MostFiles = 8;

    public required string Format { get; init; }

    /// <summary>The plan's fingerprint.</summary>
    public required string Plan { get; init; }

    /// <summary>The model's hash, as the worker computed it.</summary>
    public required string Model { get; init; }

    public required int Shard { get; init; }

    public required int Rows { get; init; }

    /// <summary>Rows of NaN.</summary>
    public required int FailedRows { get; init; }

    public required IReadOnlyList<ShardMarkerFile> Files { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The bytes of the images.</summary>
    public required long InputBytes { get; init; }

    public required string Machine { get; init; }

    public required int Process { get; init; }

    public required DateTime Finished { get; init; }

    /// <summary>The file of a kind.</summary>
    public ShardMarkerFile File(string kind) => FindFile(kind)!;

    /// <summary>The file of a kind; null if there is none.</summary>
    public ShardMarkerFile? FindFile(string kind) => Files.FirstOrDefault(f => f.Name.EndsWith("." + kind, StringComparison.Ordinal));
}

/// <summary>A file that a marker names.</summary>
/// <param name="Name">Relative to the output directory.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its hash.</param>
internal sealed record ShardMarkerFile(string Name, long Bytes, string Sha256);
