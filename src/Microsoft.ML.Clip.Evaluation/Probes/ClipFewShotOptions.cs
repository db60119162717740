using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How few-shot curves are measured: the paper does not say which images, how many draws and which regularisation it takes (section 3.1.5), so this does.
/// </summary>
public sealed record ClipFewShotOptions
{
    /// <summary>How many labelled images of each class, ascending.</summary>
    /// <value>Default: 1, 2, 4, 8, 16, as in the paper's figure 6.</value>
    public IReadOnlyList<int> Shots { get; init; } = [1, 2, 4, 8, 16];

    /// <summary>Which draws, each by its seed. A draw of more images holds those of fewer with the same seed.</summary>
    /// <value>Default: 0, 1, 2.</value>
    public IReadOnlyList<int> Seeds { get; init; } = [0, 1, 2];

    /// <summary>Whether to measure all training images as well.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool IncludesAll { get; init; } = true;

    /// <summary>
    /// The probe's settings. Without a strength of its regularisation it is chosen within the shots, by cross-validation; never on the test set, and on no
    /// further images.
    /// </summary>
    /// <value>Default: those of <see cref="ClipLinearProbeTrainer"/>.</value>
    public ClipLinearProbeTrainer.Options Probe { get; init; } = new();

    /// <summary>Told which probe is done.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public IProgress<string>? Progress { get; init; }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
