namespace Microsoft.ML.Clip;

/// <summary>
/// Looks for images of a test set that a model may have been trained on: for each the nearest training row by cosine. Memory is that of the test set and
/// one block of
/// training rows, whatever their number. Radford et al. 2021, section 5 and appendix C, had a detector of their own. Thread-safe.
/// </summary>
/// <remarks>
/// Near in a model's embedding is not the same picture: CLIP puts two photographs of one kind of thing close together, copies closer. Where copies begin
/// differs from
/// set to set, so that somebody has to look at the nearest pairs, from the top, and set a threshold where they stop being copies, as the paper did.
/// </remarks>
public static class ClipDuplicateSearch
{
    private const int TrainingAtOnce = 96, TestAtOnce = 512;

    /// <summary>Finds the nearest training row of each test row.</summary>
    /// <param name="test">[test rows, dimension], row-major; rows need not be of unit length.</param>
    /// <param name="training">Blocks of training rows, each [rows, dimension]; read once, one after the other.</param>
    /// <param name="dimension">The length of an embedding.</param>
    /// <param name="cancellationToken">Ends the work between two blocks, and within one.</param>
    /// <returns>A pair for each test row, the nearest first; of equally near ones the first test row.</returns>
    /// <exception cref="ArgumentException">
    /// The test set or the training rows are none, the values are no rows of the dimension, or one has no direction (zero, or NaN); the message has its place.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<ClipDuplicate> Find(ReadOnlyMemory<float> test, IEnumerable<ReadOnlyMemory<float>> training, int dimension,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        var packed = new PackedRows(PackedRows.Normalize(test.Span, dimension, nameof(test)), dimension);
        var nearest = new Nearest(packed.Count);
        long before = 0;
        int block = 0;
        foreach (var rows in training)
        {
            float[] unit = PackedRows.Normalize(rows.Span, dimension, FormattableString.Invariant($"{nameof(training)}[{block}]"));
            Search(packed, unit, before, nearest, cancellationToken);
            before += unit.Length / dimension;
            block++;
        }
        return before == 0 ? throw new ArgumentException("There is no training row to look among.", nameof(training))
            : [.. Enumerable.Range(0, packed.Count).Select(i => new ClipDuplicate(i, nearest.Rows[i], Math.Clamp(nearest.Cosines[i], -1, 1)))
                .OrderByDescending(d => d.Cosine).ThenBy(d => d.TestRow)];
    }

    private static void Search(PackedRows test, float[] training, long before, Nearest nearest, CancellationToken cancellationToken)
    {
        int dimension = test.Dimension, count = training.Length / dimension;
        Parallel.For(0, (count + TrainingAtOnce - 1) / TrainingAtOnce, new ParallelOptions { CancellationToken = cancellationToken },
            () => (Nearest: new Nearest(test.Count), Products: new float[TrainingAtOnce * TestAtOnce]),
            (chunk, _, local) =>
            {
                int firstRow = chunk * TrainingAtOnce, rows = Math.Min(TrainingAtOnce, count - firstRow);
                for (int first = 0; first < test.Count; first += TestAtOnce)
                {
                    int width = Math.Min(TestAtOnce, test.Width - first), tests = Math.Min(width, test.Count - first);
                    test.Multiply(training.AsSpan(firstRow * dimension, rows * dimension), first, width, local.Products);
                    for (int row = 0; row < rows; row++)
                    {
                        local.Nearest.Offer(first, local.Products.AsSpan(row * width, tests), before + firstRow + row);
                    }
                }
                return local;
            },
            local =>
            {
                lock (nearest)
                {
                    nearest.Offer(local.Nearest);
                }
            });
    }

    /// <summary>The nearest row so far, for each test row. Of equally near ones the first, whichever thread comes first.</summary>
    private sealed class Nearest
    {
        public Nearest(int count)
        {
            (Cosines, Rows) = (new float[count], new long[count]);
            Array.Fill(Cosines, float.NegativeInfinity);
        }

        public float[] Cosines { get; }

        public long[] Rows { get; }

        public void Offer(int first, ReadOnlySpan<float> cosines, long row)
        {
            // Most rows are nearer to nothing.
            if (!Counts.AnyNotBelow(cosines, Cosines.AsSpan(first)))
            {
                return;
            }
            for (int i = 0; i < cosines.Length; i++)
            {
                Offer(first + i, cosines[i], row);
            }
        }

        public void Offer(Nearest other)
        {
            for (int i = 0; i < Cosines.Length; i++)
            {
                Offer(i, other.Cosines[i], other.Rows[i]);
            }
        }

        private void Offer(int i, float cosine, long row)
        {
            if (cosine > Cosines[i] || (cosine == Cosines[i] && row < Rows[i]))
            {
                (Cosines[i], Rows[i]) = (cosine, row);
            }
        }
    }
}
