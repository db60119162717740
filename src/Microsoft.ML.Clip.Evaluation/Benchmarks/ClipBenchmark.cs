using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// A published data set as the paper measures it: its metric, its sizes, the names of its classes and its prompts; see <see cref="ClipBenchmarks"/>. Immutable.
/// </summary>
/// <remarks>
/// Sizes are those of Radford et al. 2021, table 9, and were not compared with the files of the sets. What CLIP_benchmark has published of its test splits fits
/// them, or another size that a check knows to be theirs. Templates and names are those of openai/CLIP, <c>data/prompts.md</c>; the names stand in its
/// order, which is not everywhere that of the labels in which a set is handed on: that is what <see cref="Check(ClipDataSetSummary)"/> is for, and
/// <see cref="Notes"/> say where it is known.
/// </remarks>
public sealed record ClipBenchmark
{
    /// <summary>The name of the set, as people write it.</summary>
    public required string Name { get; init; }

    /// <summary>Its key: in CLIP_benchmark's tables where it is one of theirs, such as <c>vtab/pets</c>.</summary>
    public required string Key { get; init; }

    /// <summary>What it is measured by.</summary>
    public required ClipBenchmarkMetric Metric { get; init; }

    /// <summary>How many classes it has.</summary>
    public required int ClassCount { get; init; }

    /// <summary>
    /// How many images the paper trains probes on, those for validation included; <see langword="null"/> where there are none, as in sets of shift.
    /// </summary>
    public int? TrainCount { get; init; }

    /// <summary>How many images the paper tests on.</summary>
    public required int TestCount { get; init; }

    /// <summary>The prompt templates, with <c>{}</c> for the name of the class.</summary>
    public required IReadOnlyList<string> Templates { get; init; }

    /// <summary>
    /// The names of each class, most often one, as <see cref="ClipEmbeddedSet.CreateClassifier"/> takes them; <see langword="null"/> where they come with the set:
    /// of ImageNet and the sets of shift, Kinetics700, SUN397 and Birdsnap.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>>? ClassNames { get; init; }

    /// <summary>What is easily taken for something else: splits, sizes, orders of labels.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How it is compared with ImageNet, if it is a set of natural distribution shift; otherwise <see langword="null"/>.</summary>
    public ClipBenchmarkShift? Shift { get; init; }

    // Numbers of images that others have, and what they are.
    internal IReadOnlyList<(int Count, string What)> OtherSizes { get; init; } = [];

    /// <summary>Compares a data set with this one: its classes, their order and names, its size. It is read to its end; no image is decoded.</summary>
    /// <param name="set">The data set, any split.</param>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <returns>What was found; <see cref="ClipBenchmarkCheck.Findings"/> is empty if everything is as published.</returns>
    /// <exception cref="InvalidDataException">Something of the set does not fit together; the message names the file and the row.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ClipBenchmarkCheck Check(ClipDataSet set, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        return Check(set.Summarize(cancellationToken));
    }

    /// <summary>Compares what was found in a data set with this one: its classes, their order and names, its size.</summary>
    /// <param name="summary">What <see cref="ClipDataSet.Summarize"/> gave.</param>
    /// <returns>What was found; <see cref="ClipBenchmarkCheck.Findings"/> is empty if everything is as published.</returns>
    /// <remarks>
    /// Names are the same if they differ in nothing but case, and are found again if they differ in what stands between words besides. Whether names stand
    /// in the order of the labels no program can see for certain; where files or folders are named by classes it is compared, and otherwise
    /// <see cref="ClipBenchmarkCheck.Summary"/> has an image of each class for somebody to look at.
    /// </remarks>
    public ClipBenchmarkCheck Check(ClipDataSetSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return BenchmarkComparison.Of(this, summary);
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
