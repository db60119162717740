namespace Microsoft.ML.Clip;

/// <summary>What every batch of images of one transformer has in common.</summary>
internal sealed record ImageBatchSettings(ClipModel Model, ClipFeatures Features, bool Normalize, int BatchSize, string? ImageFolder,
    OnInvalidImage OnInvalidImage);
