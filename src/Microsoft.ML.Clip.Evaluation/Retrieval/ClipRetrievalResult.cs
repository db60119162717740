namespace Microsoft.ML.Clip;

/// <summary>How well images and captions find each other, both ways: Radford et al. 2021, table 13. Immutable.</summary>
public sealed record ClipRetrievalResult
{
    /// <summary>Images look for one of their captions.</summary>
    public required ClipRecall ImageToText { get; init; }

    /// <summary>Captions look for their image.</summary>
    public required ClipRecall TextToImage { get; init; }
}
