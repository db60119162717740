using System.Numerics.Tensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// A linear probe trained on an embedded set and measured on others: the paper's protocol (Radford et al. 2021, appendix A.3) through
/// <see cref="ClipLinearProbeTrainer"/>. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The paper probes the encoder's own features (<see cref="ClipFeatures.Encoder"/>), raw. The regularisation is chosen on validation rows, the probe is trained once
/// more with them, and the test set is looked at once. Without a validation set a fifth of each class takes its place, or cross-validation where that is few.
/// </remarks>
public sealed class ClipSetProbe
{
    private readonly float[] _weights, _biases;

    private ClipSetProbe(ClipEmbeddedSet train, ClipLinearProbeReport report, float[] weights, float[] biases) =>
        (TrainedOn, ClassNames, Features, Dimension, Report, _weights, _biases) =
            (train.Name, train.ClassNames, train.Features, train.Dimension, report, weights, biases);

    private ClipSetProbe(ClipSetProbe other, string[] classNames, float[] weights, float[] biases) =>
        (TrainedOn, ClassNames, Features, Dimension, Report, _weights, _biases) =
            (other.TrainedOn, classNames, other.Features, other.Dimension, other.Report, weights, biases);

    /// <summary>The name of the set that it was trained on.</summary>
    public string TrainedOn { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>What kind of features it takes.</summary>
    public ClipFeatures Features { get; }

    /// <summary>The length of the features that it takes.</summary>
    public int Dimension { get; }

    /// <summary>How it was trained: strength of the regularisation, trials, classes without rows.</summary>
    public ClipLinearProbeReport Report { get; }

    /// <summary>[classes, <see cref="Dimension"/>], row-major.</summary>
    public ReadOnlyMemory<float> Weights => _weights;

    /// <summary>A bias for each class.</summary>
    public ReadOnlyMemory<float> Biases => _biases;

    /// <summary>Trains a probe.</summary>
    /// <param name="train">The rows to learn from.</param>
    /// <param name="validation">The rows to choose the regularisation by, with the same classes; <see langword="null"/> for a part of the others.</param>
    /// <param name="options">The trainer's; <see langword="null"/> for its defaults, the paper's. Without a seed it is 0 here, so that results repeat.</param>
    /// <returns>The probe.</returns>
    /// <exception cref="ArgumentException">The sets do not have the same features and classes, or cannot be learned from: all rows are of one class, say.</exception>
    /// <exception cref="OperationCanceledException">The options' token ended it.</exception>
    public static ClipSetProbe Train(ClipEmbeddedSet train, ClipEmbeddedSet? validation = null, ClipLinearProbeTrainer.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (validation is not null)
        {
            Check(validation, train.Features, train.Dimension, train.ClassNames, nameof(validation));
        }
        if (train.Labels.Distinct().Count() < 2)
        {
            throw new ArgumentException($"All {train.Count} rows of '{train.Name}' are of one class, '{train.ClassNames[train.Labels[0]]}': there is nothing to tell apart.", nameof(train));
        }
        options ??= new();
        var ml = new MLContext(seed: options.Seed ?? 0);
        var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: options with { Seed = options.Seed ?? 0 });
        var transformer = validation is null ? trainer.Fit(ProbeColumns.Of(ml, train))
            : trainer.Fit(ProbeColumns.Of(ml, train), ProbeColumns.Of(ml, validation));
        VBuffer<float>[]? weights = null;
        transformer.Model.GetWeights(ref weights, out int classes);
        float[] all = new float[classes * train.Dimension];
        for (int i = 0; i < classes; i++)
        {
            weights[i].CopyTo(all, i * train.Dimension);
        }
        return new(train, trainer.Report!, all, [.. transformer.Model.GetBiases()]);
    }

    /// <summary>Classifies the images of a set.</summary>
    /// <param name="test">The set, with the same features, and classes of the same names in the same order.</param>
    /// <param name="keepScores">Whether to keep all scores, [rows, classes]; 4 bytes each.</param>
    /// <returns>The predictions; scores are probabilities.</returns>
    /// <exception cref="ArgumentException">The set has other features or classes.</exception>
    public ClipSetPredictions Predict(ClipEmbeddedSet test, bool keepScores = false)
    {
        ArgumentNullException.ThrowIfNull(test);
        Check(test, Features, Dimension, ClassNames, nameof(test));
        var weights = new PackedRows(_weights, Dimension);
        return SetScorer.Collect(test.Name, test.ClassNames, test.Labels, keepScores, (first, rows, logits) =>
        {
            test.Multiply(weights, first, rows, logits);
            for (int i = 0; i < rows; i++)
            {
                var row = logits.Slice(i * weights.Width, _biases.Length);
                TensorPrimitives.Add(row, _biases, row);
            }
        }, SetScorer.Softmax);
    }

    /// <summary>The probe as one that may answer only some of its classes, as accuracy on a set of shift is compared (Taori et al. 2020).</summary>
    /// <param name="classes">The places of these classes; each once, at least two.</param>
    /// <returns>The probe of these classes, in that order.</returns>
    /// <exception cref="ArgumentException">A class is not there or comes twice, or there are fewer than two.</exception>
    public ClipSetProbe WithClasses(IReadOnlyList<int> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (classes.Count < 2 || classes.Distinct().Count() < classes.Count || classes.Any(c => (uint)c >= (uint)ClassNames.Count))
        {
            throw new ArgumentException($"The classes are {string.Join(", ", classes)}; expected at least two, each once and from 0 to {ClassNames.Count - 1}.", nameof(classes));
        }
        float[] weights = [.. classes.SelectMany(c => _weights[(c * Dimension)..((c + 1) * Dimension)])];
        return new(this, [.. classes.Select(c => ClassNames[c])], weights, [.. classes.Select(c => _biases[c])]);
    }

    private static void Check(ClipEmbeddedSet set, ClipFeatures features, int dimension, IReadOnlyList<string> classNames, string parameter)
    {
        if (set.Features != features || set.Dimension != dimension)
        {
            throw new ArgumentException($"'{set.Name}' holds {set.Features} features of length {set.Dimension}; expected {features} of {dimension}.", parameter);
        }
        if (set.ClassNames.Count != classNames.Count)
        {
            throw new ArgumentException($"'{set.Name}' has {set.ClassNames.Count} classes; expected {classNames.Count}.", parameter);
        }
        for (int i = 0; i < classNames.Count; i++)
        {
            if (set.ClassNames[i] != classNames[i])
            {
                throw new ArgumentException($"Class {i} (counted from 0) of '{set.Name}' is '{set.ClassNames[i]}'; expected '{classNames[i]}'. Classes are known by their place, and both sets have to have the same.", parameter);
            }
        }
    }
}
