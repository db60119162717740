using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// The state of every shard of a plan, as it was when it was looked at. Each shard is done, failed, damaged or missing, and one of them only.
/// </summary>
public sealed record ClipShardStatus
{
    /// <summary>How many shards the plan has.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Shards with a marker of this plan, whose results are there.</summary>
    public required IReadOnlyList<int> Done { get; init; }

    /// <summary>Shards that nobody has finished, and of which nothing is said to have gone wrong: not begun, at work now, or killed.</summary>
    public required IReadOnlyList<int> Missing { get; init; }

    /// <summary>Shards that ended in an error and that nobody has finished since; see <see cref="Failures"/>.</summary>
    public required IReadOnlyList<int> Failed { get; init; }

    /// <summary>Shards whose marker is broken or of another plan, or whose results are not what the marker says.</summary>
    public required IReadOnlyList<int> Damaged { get; init; }

    /// <summary>
    /// Finished shards that were computed more than once with different bits: on different machines, say. The marker says which of them count.
    /// </summary>
    public required IReadOnlyList<int> Duplicates { get; init; }

    /// <summary>Files in the output directory that are none of this plan's, relative to it; the first hundred.</summary>
    public required IReadOnlyList<string> Foreign { get; init; }

    /// <summary>What went wrong with shards that failed or are damaged.</summary>
    public required IReadOnlyList<ClipShardFailure> Failures { get; init; }

    /// <summary>The rows of finished shards.</summary>
    public required long Rows { get; init; }

    /// <summary>Those of them that are NaN, as their images could not be read.</summary>
    public required long FailedRows { get; init; }

    /// <summary>The seconds that workers took for finished shards, all together.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether all shards are done, and a merge would succeed.</summary>
    public bool IsComplete => Done.Count == ShardCount;

    /// <summary>All shards that are not done, in order. Those of them that are damaged are run with <see cref="ClipShardWorkerOptions.Redo"/>.</summary>
    public IReadOnlyList<int> Remaining => [.. Missing.Concat(Failed).Concat(Damaged).Order()];

    /// <summary>
    /// What is left as the array of a scheduler: <c>3,7-9</c>, to be given to Slurm's <c>sbatch --array</c>, where an element runs the shard of its own number.
    /// Without shards that are damaged: a worker passes over them, or ends in the same error each time, until somebody has looked at them and says
    /// <see cref="ClipShardWorkerOptions.Redo"/>. Empty if nothing else is left.
    /// </summary>
    public string ArrayExpression => ToArrayExpression([.. Missing.Concat(Failed).Order()]);

    /// <summary>Writes numbers as a scheduler's array has them.</summary>
    /// <param name="shards">Numbers in rising order.</param>
    /// <returns>Numbers and ranges, with commas between them.</returns>
    public static string ToArrayExpression(IReadOnlyList<int> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        var text = new StringBuilder();
        for (int i = 0; i < shards.Count;)
        {
            int end = i;
            while (end + 1 < shards.Count && shards[end + 1] == shards[end] + 1)
            {
                end++;
            }
            text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{shards[i]}");
            if (end > i)
            {
                text.Append(CultureInfo.InvariantCulture, $"-{shards[end]}");
            }
            i = end + 1;
        }
        return text.ToString();
    }

    private bool PrintMembers(StringBuilder text) => RecordText.Append(text, this);
}
