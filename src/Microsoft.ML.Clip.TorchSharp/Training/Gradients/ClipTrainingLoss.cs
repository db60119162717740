namespace Microsoft.ML.Clip;

/// <summary>Which texts count as right for an image.</summary>
public enum ClipTrainingLoss
{
    /// <summary>Figure 3: its own caption and no other, even if another reads the same.</summary>
    Paper,

    /// <summary>
    /// All captions of its group in the batch, equally: for class-like data, where several images of a batch share a caption. Texts are encoded once each.
    /// </summary>
    MultiPositive,
}
