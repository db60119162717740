namespace Microsoft.ML.Clip;

/// <summary>What a trial of the sweep learns from and what it is judged by.</summary>
/// <param name="Training">The rows to learn from.</param>
/// <param name="Validation">The others.</param>
internal sealed record ProbeFold(ProbeRows Training, ProbeRows Validation)
{
    /// <summary>Fewer validation rows than these do not tell strengths apart: one row more or less is a whole point.</summary>
    public const int LeastValidationRows = 100;

    private const int MostFolds = 5;

    /// <summary>Cross-validation: every row is judged once, by a fit that has not seen it, but for the only rows of their classes.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="random">Deals the rows of each class.</param>
    /// <returns>The folds; none where most classes have a single row, so that there is nothing to judge by.</returns>
    public static IReadOnlyList<ProbeFold> CrossValidation(ProbeRows rows, int classes, Random random)
    {
        var members = new List<(RowBlock Block, int Row)>[classes];
        foreach (var block in rows.Blocks)
        {
            for (int r = 0; r < block.Count; r++)
            {
                (members[block.Labels[r]] ??= []).Add((block, r));
            }
        }
        var several = members.Where(m => m is { Count: > 1 }).ToList();
        if (2 * several.Count <= members.Count(m => m is not null))
        {
            return [];
        }
        // Dealt on and on, the rows of a class come into different folds, so each is judged by a fit that knows its class.
        int count = Math.Min(MostFolds, several.Sum(m => m.Count));
        ProbeFold[] folds = [.. Enumerable.Range(0, count).Select(_ => new ProbeFold(Empty(rows), Empty(rows)))];
        int next = 0;
        foreach (var member in several)
        {
            var dealt = member.ToArray();
            random.Shuffle(dealt);
            foreach (var (block, row) in dealt)
            {
                int own = next++ % count;
                for (int f = 0; f < count; f++)
                {
                    Copy(rows, block, row, f == own ? folds[f].Validation : folds[f].Training);
                }
            }
        }
        foreach (var (block, row) in members.Where(m => m is { Count: 1 }).Select(m => m[0]))
        {
            foreach (var fold in folds)
            {
                Copy(rows, block, row, fold.Training);
            }
        }
        return folds;
    }

    private static ProbeRows Empty(ProbeRows rows) => new(rows.Dimension, rows.IsWeighted, rows.Count);

    private static void Copy(ProbeRows rows, RowBlock block, int row, ProbeRows target) =>
        block.Features.Span.Slice(row * rows.Stride, rows.Dimension).CopyTo(target.Add(block.Labels[row], block.Weights?[row] ?? 1));
}
