using System.Security.Cryptography;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>plan.json.</summary>
internal sealed record PlanDocument
{
    /// <summary>What the file begins with. Another number where a reader of today would misunderstand it.</summary>
    public const string CurrentFormat = "clip-shards/1";

    public required string Format { get; init; }

    /// <summary>SHA-256 of the document without this and without what may change from machine to machine.</summary>
    public required string Fingerprint { get; init; }

    public required PlanModel Model { get; init; }

    public required PlanInputs Inputs { get; init; }

    public required PlanChoices Options { get; init; }

    public required long Rows { get; init; }

    public required IReadOnlyList<PlanShard> Shards { get; init; }

    /// <summary>What the fingerprint has to be. The property names, their order and the numbers are part of the format: a golden test holds them.</summary>
    public string ComputeFingerprint()
    {
        var fixedPart = this with { Fingerprint = "", Inputs = Inputs with { Location = "" }, Model = Model with { Name = null, Variant = null } };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(fixedPart, ShardJson.Default.PlanDocument)));
    }
}

/// <summary>The model of a plan.</summary>
/// <param name="Hash">What <see cref="ClipModel.ComputeContentHash"/> gives.</param>
/// <param name="Dimension">The length of its embeddings.</param>
/// <param name="Name">What it was called where the plan was made, if that was said; not part of the fingerprint.</param>
/// <param name="Variant">Which of several exports it was called; not part of the fingerprint, as the hash is over that export.</param>
internal sealed record PlanModel(string Hash, int Dimension, string? Name = null, string? Variant = null);

/// <summary>The inputs of a plan. Their files stand in the list beside it.</summary>
/// <param name="Kind">Folder, tars, ...</param>
/// <param name="Location">Where they lay when the plan was made; not part of the fingerprint.</param>
/// <param name="Settings">What the kind needs besides.</param>
/// <param name="Files">How many lines the list has.</param>
internal sealed record PlanInputs(string Kind, string Location, IReadOnlyDictionary<string, string> Settings, long Files);

/// <summary>The options of a plan.</summary>
internal sealed record PlanChoices(int RowsPerShard, int BatchSize, bool Half, bool Normalize, bool Texts, bool CheckTimes);

/// <summary>A shard: rows, and the lines of the list that they come from.</summary>
/// <param name="First">Its first row, of all rows.</param>
/// <param name="Rows">How many it has.</param>
/// <param name="Skip">The row of the first file that is its first one.</param>
/// <param name="Offset">Where the line of its first file begins in the list, in bytes.</param>
/// <param name="Length">The bytes of its lines.</param>
/// <param name="Sha256">SHA-256 of its lines.</param>
internal sealed record PlanShard(long First, int Rows, long Skip, long Offset, int Length, string Sha256);

/// <summary>A line of the list of inputs; names are short as there are millions of them.</summary>
/// <param name="F">File, relative to the location.</param>
/// <param name="B">Bytes.</param>
/// <param name="M">Modified, milliseconds since 1970, UTC.</param>
/// <param name="R">Rows; left out if it is one.</param>
/// <param name="C">Caption, if the list has one.</param>
/// <param name="K">Marks, where rows begin in a long file.</param>
internal sealed record PlanLine(string F, long B, long M, long? R = null, string? C = null, IReadOnlyList<long>? K = null);
