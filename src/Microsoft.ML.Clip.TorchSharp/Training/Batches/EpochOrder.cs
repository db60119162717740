namespace Microsoft.ML.Clip;

/// <summary>
/// The order of the rows in one epoch. Each row comes once, and the rows of a group are spread evenly, so that a batch holds as few of one group as it can:
/// the k-th of a group's n rows, shuffled, stands at (k + u) / n with one random u for the group.
/// </summary>
internal static class EpochOrder
{
    // Places in the random sequence that no row uses.
    private const long ShuffleStream = 1L << 40, OffsetStream = 1L << 41;

    /// <param name="groups">The group of each row, from 0.</param>
    /// <param name="seed">Fixes the order together with the epoch.</param>
    /// <param name="epoch">From 0.</param>
    public static int[] Create(ReadOnlySpan<int> groups, long seed, int epoch)
    {
        int rows = groups.Length, groupCount = 0;
        foreach (int group in groups)
        {
            groupCount = Math.Max(groupCount, group + 1);
        }

        int[] order = new int[rows];
        for (int i = 0; i < rows; i++)
        {
            order[i] = i;
        }
        var random = new CounterRandom(seed, epoch, ShuffleStream);
        for (int i = rows - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        int[] sizes = new int[groupCount], seen = new int[groupCount];
        double[] offsets = new double[groupCount];
        foreach (int group in groups)
        {
            sizes[group]++;
        }
        for (int group = 0; group < groupCount; group++)
        {
            offsets[group] = new CounterRandom(seed, epoch, OffsetStream + group).NextDouble();
        }
        double[] places = new double[rows];
        for (int i = 0; i < rows; i++)
        {
            int group = groups[order[i]];
            places[i] = (seen[group]++ + offsets[group]) / sizes[group];
        }

        Array.Sort(places, order);
        return order;
    }
}
