using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a <see cref="ClipZeroShotClassifier"/> says of one image.</summary>
public sealed record ClipZeroShotPrediction
{
    /// <summary>
    /// The class with the highest score; <see langword="null"/> if its cosine is below <see cref="ClipZeroShotClassifier.MinimumCosine"/>, so that the image
    /// belongs to none.
    /// </summary>
    public required string? Label { get; init; }

    /// <summary>
    /// The place of the class with the highest score among <see cref="ClipZeroShotClassifier.Labels"/>, from 0, also where the image belongs to none.
    /// </summary>
    public required int Index { get; init; }

    /// <summary>The score of that class, 0 to 1.</summary>
    public required float Score { get; init; }

    /// <summary>The scores of all classes, in the order of the labels.</summary>
    public required IReadOnlyList<float> Scores { get; init; }

    /// <summary>
    /// The cosine between the image and that class, -1 to 1. Scores compare the classes with each other, and one of them is high for any image; the cosine
    /// tells how near the nearest is.
    /// </summary>
    public float Cosine { get; init; }

    /// <summary>The cosines of all classes, in the order of the labels.</summary>
    public IReadOnlyList<float> Cosines { get; init; } = [];

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
