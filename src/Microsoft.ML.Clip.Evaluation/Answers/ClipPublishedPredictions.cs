using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What models of others said to a data set: no images, no scores, only the class of each row. Immutable.</summary>
public sealed record ClipPublishedPredictions
{
    private const string Original = "original";

    /// <summary>The name of the set.</summary>
    public required string Name { get; init; }

    /// <summary>The class of each row, from 0.</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>What each model said to each row, by its name, in ordinal order.</summary>
    public required IReadOnlyList<ClipModelPredictions> Models { get; init; }

    /// <summary>
    /// Reads CIFAR-10.1's predictions (Recht et al. 2018): <c>model_predictions/VERSION_predictions/MODEL_predictions.json</c>, a list of classes each,
    /// and the labels, <c>datasets/cifar10.1_VERSION_labels.npy</c>.
    /// </summary>
    /// <param name="folder">The folder with <c>datasets</c> and <c>model_predictions</c>.</param>
    /// <param name="version"><c>v4</c>, <c>v6</c>, or <c>original</c>, CIFAR-10's test set.</param>
    /// <param name="labels">The labels of <c>original</c>, which are not there, in CIFAR-10's published order; <see langword="null"/> for the others.</param>
    /// <returns>The predictions of all models.</returns>
    /// <exception cref="IOException">A folder or file is not there or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be, or has another number of rows; the message names it.</exception>
    /// <exception cref="ArgumentException">There is no such version, or labels are given for one that has them, or not given for the one that has none.</exception>
    public static ClipPublishedPredictions FromCifar101(string folder, string version, IReadOnlyList<int>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (version is not ("v4" or "v6" or Original))
        {
            throw new ArgumentException($"'{version}' is no version; expected 'v4', 'v6' or '{Original}'.", nameof(version));
        }
        if (version == Original != labels is not null)
        {
            throw new ArgumentException($"The labels of '{version}' are {(labels is null ? "not among the files; give them" : "among the files; give none")}.", nameof(labels));
        }
        string root = DataFiles.Folder(folder);
        return PredictionFiles.Read($"cifar10.1/{version}", DataFiles.Folder(Path.Combine(root, "model_predictions", version + "_predictions")),
            labels ?? PredictionFiles.Labels(Path.Combine(root, "datasets", $"cifar10.1_{version}_labels.npy")));
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
