using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What a <see cref="ClipZeroShotClassifier"/> says of one image.</summary>
public sealed record ClipZeroShotPrediction
{
    /// <summary>The class with the highest score.</summary>
    public required string Label { get; init; }

    /// <summary>Its place among <see cref="ClipZeroShotClassifier.Labels"/>, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Its score, 0 to 1.</summary>
    public required float Score { get; init; }

    /// <summary>The scores of all classes, in the order of the labels.</summary>
    public required IReadOnlyList<float> Scores { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
