using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// Counts what a classifier of single labels got right, row by row: memory does not grow with the rows. Accuracy, mean per class, top k, confusions and
/// calibration; Radford et al. 2021, section 3.1 and table 9. Not thread-safe: one for each thread, and <see cref="Add(ClipClassificationMeter)"/>.
/// </summary>
public sealed class ClipClassificationMeter
{
    /// <summary>How many bins of confidence calibration has.</summary>
    public const int CalibrationBins = 15;

    private readonly string[] _names;
    private readonly int _topK;
    private readonly long[] _counts;
    private readonly long[] _predicted;
    private readonly Dictionary<(int Label, int Predicted), long> _errors = [];
    private readonly long[] _binCounts = new long[CalibrationBins], _binHits = new long[CalibrationBins];
    private readonly double[] _binConfidences = new double[CalibrationBins];
    private long _rows, _hits, _topHits;
    private bool _areProbabilities = true;

    /// <param name="classNames">The names of the classes, in the order of the scores. They need not differ.</param>
    /// <param name="topK">How many of the highest scores may hold the right class; 5 in the paper.</param>
    /// <exception cref="ArgumentException">There is no class.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="topK"/> is below 1.</exception>
    public ClipClassificationMeter(IReadOnlyList<string> classNames, int topK = 5)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentOutOfRangeException.ThrowIfLessThan(topK, 1);
        if (classNames.Count == 0)
        {
            throw new ArgumentException("Nothing can be measured without a class; the list of names is empty.", nameof(classNames));
        }
        (_names, _topK) = ([.. classNames], topK);
        (_counts, _predicted) = (new long[_names.Length], new long[_names.Length]);
    }

    /// <summary>Counts a row. Of equal scores the class that stands first wins, as in <see cref="ClipZeroShotClassifier"/>.</summary>
    /// <param name="label">The class that it belongs to, by its place in the names.</param>
    /// <param name="scores">[classes]: a score for each class; higher is more probable. Calibration takes them for probabilities if all are from 0 to 1.</param>
    /// <exception cref="ArgumentException">The label is no class, there is not one score for each class, or a score is NaN; the message has the row's number.</exception>
    public void Add(int label, ReadOnlySpan<float> scores)
    {
        if ((uint)label >= (uint)_names.Length)
        {
            throw new ArgumentException($"Row {_rows} (counted from 0) has the label {label}; expected 0 to {_names.Length - 1}.", nameof(label));
        }
        if (scores.Length != _names.Length)
        {
            throw new ArgumentException($"Row {_rows} (counted from 0) has {scores.Length} scores for {_names.Length} classes.", nameof(scores));
        }
        var (least, greatest, best) = Counts.Range(scores);
        if (float.IsNaN(greatest))
        {
            throw new ArgumentException($"Row {_rows} (counted from 0) has the score NaN for '{_names[best]}', class {best}.", nameof(scores));
        }
        Add(label, new Outcome(best, Ahead(label, scores), greatest, AreProbabilities: least >= 0 && greatest <= 1));
    }

    /// <summary>Counts a row of which all that matters is known.</summary>
    internal void Add(int label, Outcome outcome)
    {
        bool isHit = outcome.Best == label;
        _rows++;
        _counts[label]++;
        _predicted[outcome.Best]++;
        _topHits += outcome.Ahead < _topK ? 1 : 0;
        if (isHit)
        {
            _hits++;
        }
        else
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_errors, (label, outcome.Best), out _)++;
        }
        _areProbabilities &= outcome.AreProbabilities;
        AddConfidence(outcome.Confidence, isHit);
    }

    /// <summary>How many classes stand before a row's own: those with a higher score, and of those with the same one the ones before it.</summary>
    internal static int Ahead(int label, ReadOnlySpan<float> scores) => Counts.Above(scores, scores[label]) + Counts.Equal(scores[..label], scores[label]);

    /// <summary>Counts what another one has counted.</summary>
    /// <exception cref="ArgumentException">It has other classes, or another k.</exception>
    public void Add(ClipClassificationMeter other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!other._names.SequenceEqual(_names) || other._topK != _topK)
        {
            throw new ArgumentException("Both have to have the same classes in the same order, and the same k.", nameof(other));
        }
        (_rows, _hits, _topHits) = (_rows + other._rows, _hits + other._hits, _topHits + other._topHits);
        _areProbabilities &= other._areProbabilities;
        Sum(_counts, other._counts);
        Sum(_predicted, other._predicted);
        Sum(_binCounts, other._binCounts);
        Sum(_binHits, other._binHits);
        for (int i = 0; i < CalibrationBins; i++)
        {
            _binConfidences[i] += other._binConfidences[i];
        }
        foreach (var (pair, count) in other._errors)
        {
            _errors[pair] = _errors.GetValueOrDefault(pair) + count;
        }
    }

    /// <summary>What has been counted so far.</summary>
    /// <exception cref="InvalidOperationException">There was no row.</exception>
    public ClipClassificationResult ToResult()
    {
        if (_rows == 0)
        {
            throw new InvalidOperationException("Nothing was measured: there was no row.");
        }
        long[] hits = [.. _counts];
        foreach (var ((label, _), count) in _errors)
        {
            hits[label] -= count;
        }
        return new ClipClassificationResult
        {
            Count = _rows,
            Hits = _hits,
            TopK = _topK,
            TopKHits = _names.Length > _topK ? _topHits : null,
            Classes = [.. _names.Select((name, i) => new ClipClassResult { Name = name, Count = _counts[i], Hits = hits[i], Predicted = _predicted[i] })],
            Confusions = [.. _errors.OrderByDescending(e => e.Value).ThenBy(e => e.Key)
                .Select(e => new ClipConfusion(e.Key.Label, e.Key.Predicted, e.Value))],
            Calibration = !_areProbabilities ? [] : [.. Enumerable.Range(0, CalibrationBins).Where(i => _binCounts[i] > 0)
                .Select(i => new ClipCalibrationBin(_binCounts[i], _binConfidences[i] / _binCounts[i], _binHits[i] / (double)_binCounts[i]))],
        };
    }

    private void AddConfidence(float confidence, bool isHit)
    {
        if (_areProbabilities)
        {
            // Bins are open below and closed above, as in Guo et al. 2017.
            int bin = Math.Clamp((int)Math.Ceiling(confidence * CalibrationBins) - 1, 0, CalibrationBins - 1);
            _binCounts[bin]++;
            _binHits[bin] += isHit ? 1 : 0;
            _binConfidences[bin] += confidence;
        }
    }

    private static void Sum(long[] to, long[] from)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] += from[i];
        }
    }

    /// <summary>What a row of scores comes to.</summary>
    /// <param name="Best">The class with the highest score, of several the first.</param>
    /// <param name="Ahead">How many classes stand before the row's own.</param>
    /// <param name="Confidence">The highest score.</param>
    /// <param name="AreProbabilities">Whether all scores are from 0 to 1.</param>
    internal readonly record struct Outcome(int Best, int Ahead, float Confidence, bool AreProbabilities);
}
