using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>The JSON of plans and markers: strict, as others may have written it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    MaxDepth = 6)]
[JsonSerializable(typeof(PlanDocument))]
[JsonSerializable(typeof(PlanLine))]
[JsonSerializable(typeof(ShardMarker))]
[JsonSerializable(typeof(ShardFailure))]
[JsonSerializable(typeof(ShardMetadataRow))]
internal sealed partial class ShardJson : JsonSerializerContext;
