using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlclip;

internal sealed record ErrorResult(string Error, int ExitCode);

internal sealed record CachedModelResult(string Id, string Commit, IReadOnlyList<string> Revisions, int Files, long Bytes, string Directory);

internal sealed record DownloadResult(string Id, string Directory, int Files, long Bytes);

internal sealed record FaultResult(string Id, string Commit, string File, string Problem, bool IsDamaged);

internal sealed record RemovalResult(string Id, long FreedBytes);

internal sealed record LabelScore(string Label, float Score);

internal sealed record ClassifiedResult(string Path, string? Label, float? Score, float? Cosine, IReadOnlyList<LabelScore> Top, string? Error);

internal sealed record FoundResult(int Rank, string Path, float Cosine);

internal sealed record ProbeResult(string File, string TrainedOn, IReadOnlyList<string> Classes, int TrainingRows, int HeldOutRows, int Unreadable,
    double L2Regularization, int? Correct, double? Accuracy, double? Lower, double? Upper);

internal sealed record ProbePrediction(string Path, string? Class, float? Probability, string? Error);

internal sealed record ModelResult(string Model, string Family, string? Variant, string? Images, string? Texts, int EmbeddingDimension, int? ImageSize,
    string? Preprocessing, int? ContextLength, string? Tokenizer, string Score, float? LogitScale, float? LogitBias, IReadOnlyList<FileSize> Files,
    IReadOnlyList<string> Warnings, string? ContentHash);

internal sealed record FileSize(string Name, long Bytes);

internal sealed record QuantizedTower(string File, long Bytes, long OriginalBytes, double MeanCosine, double LowestCosine, int Compared, double? Speedup);

internal sealed record QuantizationResult(string Directory, string Variant, bool IsGood, QuantizedTower? Images, QuantizedTower? Texts,
    double? TopOneAgreement);

internal sealed record PlanResult(string Plan, long Rows, long Files, int Shards, int EmbeddingDimension, string ModelHash, string Fingerprint);

internal sealed record ShardLine(int Shard, string State, int Rows, int FailedRows, double Seconds, string? Error);

internal sealed record ShardProgressLine(int Shard, int Done, int Rows, int FailedRows, double RowsPerSecond);

internal sealed record FailureLine(int Shard, string Message, string? Machine);

internal sealed record StatusResult(bool IsComplete, int Shards, int Done, IReadOnlyList<int> Missing, IReadOnlyList<int> Failed, IReadOnlyList<int> Damaged,
    IReadOnlyList<int> Duplicates, string Array, IReadOnlyList<FailureLine> Failures, IReadOnlyList<string> Foreign, long Rows, long FailedRows,
    double Seconds);

internal sealed record MergeResult(string Directory, int Files, long Rows, long FailedRows, long Bytes);

/// <summary>The results as JSON: names in camelCase, written by generated code, as reflection would take a fifth of a second to begin.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErrorResult))]
[JsonSerializable(typeof(CachedModelResult))]
[JsonSerializable(typeof(DownloadResult))]
[JsonSerializable(typeof(FaultResult))]
[JsonSerializable(typeof(RemovalResult))]
[JsonSerializable(typeof(ClassifiedResult))]
[JsonSerializable(typeof(FoundResult))]
[JsonSerializable(typeof(ProbeResult))]
[JsonSerializable(typeof(ProbePrediction))]
[JsonSerializable(typeof(ModelResult))]
[JsonSerializable(typeof(QuantizationResult))]
[JsonSerializable(typeof(PlanResult))]
[JsonSerializable(typeof(ShardLine))]
[JsonSerializable(typeof(ShardProgressLine))]
[JsonSerializable(typeof(StatusResult))]
[JsonSerializable(typeof(MergeResult))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    /// <summary>As <see cref="Default"/>, and names in any script stay legible: what is written goes to no web page.</summary>
    public static ToolJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
