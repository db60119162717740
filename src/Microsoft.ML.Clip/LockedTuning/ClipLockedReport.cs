using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What came of learning a head.</summary>
public sealed record ClipLockedReport
{
    /// <summary>How many images were held back, on which the following was measured; 0 if none were.</summary>
    public required int HeldBackImages { get; init; }

    /// <summary>Why none were held back although some were wanted, and what the logit scale then is; else <see langword="null"/>.</summary>
    public string? WhyNoneHeldBack { get; init; }

    /// <summary>Among how many texts they were classified.</summary>
    public required int Candidates { get; init; }

    /// <summary>The share of them whose best text is one of theirs; NaN if none were held back.</summary>
    public required double TopOneAccuracy { get; init; }

    /// <summary>The share of them with one of theirs among the best five.</summary>
    public required double TopFiveAccuracy { get; init; }

    /// <summary>The mean negative logarithm of the probability of theirs, with the logit scale that is best for it.</summary>
    public required double NegativeLogLikelihood { get; init; }

    /// <summary>exp(t).</summary>
    public required float LogitScale { get; init; }

    /// <summary>The mean loss of each epoch; empty for closed forms.</summary>
    public IReadOnlyList<double> Losses { get; init; } = [];

    /// <summary>How many anchors the head has; 0 for methods without.</summary>
    public int Anchors { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
