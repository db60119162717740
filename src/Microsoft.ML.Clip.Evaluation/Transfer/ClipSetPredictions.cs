namespace Microsoft.ML.Clip;

/// <summary>What a classifier said of each image of an embedded set. Immutable.</summary>
public sealed class ClipSetPredictions
{
    private readonly float[]? _scores;

    internal ClipSetPredictions(string name, IReadOnlyList<string> classNames, IReadOnlyList<int> labels, ClipClassificationResult result,
        int[] predicted, float[] labelScores, double? rocAuc, float[]? scores)
    {
        (SetName, Labels, ClassNames, Result, RocAuc) = (name, labels, classNames, result, rocAuc);
        (Predicted, LabelScores, _scores) = (Array.AsReadOnly(predicted), Array.AsReadOnly(labelScores), scores);
    }

    /// <summary>The name of the set.</summary>
    public string SetName { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>What follows from it: accuracy, mean per class, confusions, calibration.</summary>
    public ClipClassificationResult Result { get; }

    /// <summary>The class of each row.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>The class that was predicted for each row.</summary>
    public IReadOnlyList<int> Predicted { get; }

    /// <summary>The score of each row's own class: the probability that was given to the right answer.</summary>
    public IReadOnlyList<float> LabelScores { get; }

    /// <summary>
    /// The area under the ROC curve, class 1 against class 0, of sets with two classes of which both have rows; otherwise <see langword="null"/>. From
    /// scores before softmax, where two rows can still be told apart whose probabilities are both 1.
    /// </summary>
    public double? RocAuc { get; }

    /// <summary>[rows, classes], row-major; only where they were asked for.</summary>
    /// <exception cref="InvalidOperationException">They were not.</exception>
    public ReadOnlyMemory<float> Scores => _scores ?? throw new InvalidOperationException($"The scores of '{SetName}' were not kept; ask for them with keepScores.");

    /// <summary>Whether each row was right, for <see cref="ClipMcNemar"/>.</summary>
    /// <returns>A value for each row.</returns>
    public bool[] Hits()
    {
        bool[] hits = new bool[Labels.Count];
        for (int i = 0; i < hits.Length; i++)
        {
            hits[i] = Predicted[i] == Labels[i];
        }
        return hits;
    }

    /// <summary>
    /// Two classifiers as one: the product of their probabilities, each to a power, as of two independent opinions. With a weight of 0 it is the first,
    /// with 1 the second. The paper asks for such a combination of zero-shot and few examples (section 4) and has none.
    /// </summary>
    /// <param name="first">One, with its scores; they have to be probabilities.</param>
    /// <param name="second">The other, of the same rows and classes.</param>
    /// <param name="weight">What the second counts, 0 to 1.</param>
    /// <returns>The combination, with its scores.</returns>
    /// <exception cref="ArgumentException">They are of other rows or classes, or a score is no probability.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not from 0 to 1.</exception>
    /// <exception cref="InvalidOperationException">Scores were not kept.</exception>
    public static ClipSetPredictions Combine(ClipSetPredictions first, ClipSetPredictions second, double weight = 0.5)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (weight is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The weight of the second lies between 0 and 1.");
        }
        if (first.ClassNames.Count != second.ClassNames.Count || !first.Labels.SequenceEqual(second.Labels))
        {
            throw new ArgumentException($"'{first.SetName}' and '{second.SetName}' do not have the same rows and classes: {first.Labels.Count} rows of {first.ClassNames.Count} classes, {second.Labels.Count} of {second.ClassNames.Count}.", nameof(second));
        }
        int classes = first.ClassNames.Count;
        return SetScorer.Collect(first.SetName, first.ClassNames, first.Labels, keepScores: true, (row, rows, logits) =>
        {
            int width = logits.Length / rows;
            for (int i = 0; i < rows * classes; i++)
            {
                float a = first.Scores.Span[(row * classes) + i], b = second.Scores.Span[(row * classes) + i];
                if (a is not (>= 0 and <= 1) || b is not (>= 0 and <= 1))
                {
                    throw new ArgumentException($"Row {row + (i / classes)} (counted from 0) has the scores {a} and {b} for class {i % classes}; expected probabilities.", nameof(second));
                }
                logits[(i / classes * width) + (i % classes)] = (float)(((1 - weight) * Log(a)) + (weight * Log(b)));
            }
        }, SetScorer.Softmax);
    }

    // A probability that float32 cannot tell from 0 must not rule a class out for good.
    private static double Log(float probability) => Math.Log(Math.Max(probability, 1e-38f));
}
