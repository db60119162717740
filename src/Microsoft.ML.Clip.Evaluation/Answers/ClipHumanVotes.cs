using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// How many people said what to each image, where it is not told who said it: CIFAR-10H (Peterson et al. 2019). Immutable.
/// </summary>
public sealed record ClipHumanVotes
{
    private readonly int[] _counts;
    private readonly int[] _labels;

    /// <summary>Counts of answers.</summary>
    /// <param name="counts">For each image the number of answers of each class, image by image.</param>
    /// <param name="labels">The class of each image, from 0.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <exception cref="ArgumentException">The numbers do not fit together, or a count or label is none, or an image has no answer; the message names it.</exception>
    public ClipHumanVotes(ReadOnlySpan<int> counts, ReadOnlySpan<int> labels, int classCount)
    {
        if (classCount < 2 || labels.IsEmpty || counts.Length != (long)labels.Length * classCount)
        {
            throw new ArgumentException($"There are {counts.Length} counts for {labels.Length} images and {classCount} classes; expected one of each class, of two at least, for each image.", nameof(counts));
        }
        for (int i = 0; i < labels.Length; i++)
        {
            var own = counts.Slice(i * classCount, classCount);
            if ((uint)labels[i] >= (uint)classCount)
            {
                throw new ArgumentException($"Image {i} (counted from 0) has the label {labels[i]}; expected 0 to {classCount - 1}.", nameof(labels));
            }
            if (own.ContainsAnyExceptInRange(0, int.MaxValue) || !own.ContainsAnyExcept(0))
            {
                throw new ArgumentException($"Image {i} (counted from 0) has the counts {string.Join(", ", own.ToArray())}; expected numbers from 0, and one answer at least.", nameof(counts));
            }
        }
        (_counts, _labels, ClassCount) = (counts.ToArray(), labels.ToArray(), classCount);
    }

    /// <summary>How many classes there are.</summary>
    public int ClassCount { get; }

    /// <summary>How many images there are.</summary>
    public int Images => _labels.Length;

    /// <summary>How many answers there are.</summary>
    public long Answers => _counts.Sum(c => (long)c);

    /// <summary>The class of each image.</summary>
    public ReadOnlyMemory<int> Labels => _labels;

    /// <summary>For each image the number of answers of each class, image by image.</summary>
    public ReadOnlyMemory<int> Counts => _counts;

    /// <summary>How often people were right, of all answers to an image: the mean over images, and that over classes of the mean over their images.</summary>
    public ClipHumanRate Rate
    {
        get
        {
            var classes = Classes;
            return new(classes.Sum(c => c.Accuracy * c.Images) / Images, classes.Average(c => c.Accuracy));
        }
    }

    /// <summary>How often the most frequent answer was right; images on which several are the most frequent are left out, and counted.</summary>
    public ClipMajorityRate Majority
    {
        get
        {
            var decided = new List<(int Label, double Score)>();
            for (int i = 0; i < Images; i++)
            {
                var own = _counts.AsSpan(i * ClassCount, ClassCount);
                int most = 0;
                for (int c = 1; c < own.Length; c++)
                {
                    most = own[c] > own[most] ? c : most;
                }
                if (own.Count(own[most]) == 1)
                {
                    decided.Add((_labels[i], most == _labels[i] ? 1 : 0));
                }
            }
            if (decided.Count == 0)
            {
                return new(double.NaN, double.NaN, 0, Images);
            }
            double meanPerClass = decided.GroupBy(d => d.Label).Average(c => c.Average(d => d.Score));
            return new(decided.Average(d => d.Score), meanPerClass, decided.Count, Images - decided.Count);
        }
    }

    /// <summary>The classes that have images, in their order.</summary>
    public IReadOnlyList<ClipClassVotes> Classes => [.. Enumerable.Range(0, Images).GroupBy(i => _labels[i]).OrderBy(c => c.Key)
        .Select(c => new ClipClassVotes(c.Key, c.Count(), c.Average(Share)))];

    /// <summary>The answers one by one, for what works on people, such as <see cref="ClipDifficulty.Of"/>.</summary>
    /// <returns>
    /// An answer for each that was counted. Their observers, <c>1</c>, <c>2</c> and so on, are no people: it is not told which answers are of the same.
    /// Images are called by their place, from 0.
    /// </returns>
    public IEnumerable<ClipHumanAnswer> ToAnswers()
    {
        for (int i = 0; i < Images; i++)
        {
            string image = FormattableString.Invariant($"{i}");
            int observer = 0;
            for (int c = 0; c < ClassCount; c++)
            {
                for (int n = _counts[(i * ClassCount) + c]; n > 0; n--)
                {
                    yield return new(FormattableString.Invariant($"{++observer}"), image, _labels[i], c);
                }
            }
        }
    }

    /// <summary>Reads CIFAR-10H: <c>cifar10h-counts.npy</c>, of which row i is image i of CIFAR-10's test set in its published order.</summary>
    /// <param name="countsFile">The counts.</param>
    /// <param name="labels">
    /// The labels in the same order, such as those of <see cref="ClipDataSet.FromCifar10"/>'s test split. A test set in another order, as in folders of classes, gives
    /// wrong figures and no error.
    /// </param>
    /// <returns>The counts with their labels.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no array of counts, or they do not fit the labels; the message names the file.</exception>
    public static ClipHumanVotes FromCifar10H(string countsFile, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(countsFile);
        ArgumentNullException.ThrowIfNull(labels);
        var (shape, values) = NpyFile.Read(countsFile);
        if (shape.Length != 2 || shape[0] != labels.Count)
        {
            throw new InvalidDataException($"'{countsFile}' is an array of {string.Join(" x ", shape)}; expected {labels.Count} rows, as there are labels, of a count for each class.");
        }
        try
        {
            return new(values, [.. labels], shape[1]);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"'{countsFile}' does not fit: {e.Message}", e);
        }
    }

    private double Share(int image)
    {
        long all = 0;
        for (int c = 0; c < ClassCount; c++)
        {
            all += _counts[(image * ClassCount) + c];
        }
        return _counts[(image * ClassCount) + _labels[image]] / (double)all;
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
