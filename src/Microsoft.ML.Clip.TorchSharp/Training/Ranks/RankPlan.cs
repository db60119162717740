namespace Microsoft.ML.Clip;

/// <summary>
/// Which rank embeds which images of a batch: as many each, those that it has in its memory as far as possible. Of whom a batch happens to have too many,
/// some images are handed over. All ranks make the same plan.
/// </summary>
internal sealed class RankPlan
{
    /// <param name="owners">The rank that has the image, for each place in the batch. There are a multiple of <paramref name="size"/>.</param>
    /// <param name="size">How many ranks.</param>
    public RankPlan(ReadOnlySpan<int> owners, int size)
    {
        int share = owners.Length / size;
        Slots = [.. Enumerable.Range(0, size).Select(_ => new List<int>(share))];
        Given = [.. Enumerable.Range(0, size).Select(_ => new List<int>())];
        for (int slot = 0; slot < owners.Length; slot++)
        {
            var own = Slots[owners[slot]];
            (own.Count < share ? own : Given[owners[slot]]).Add(slot);
        }
        int rank = 0;
        foreach (int slot in Given.SelectMany(given => given))
        {
            while (Slots[rank].Count == share)
            {
                rank++;
            }
            Slots[rank].Add(slot);
        }
    }

    /// <summary>The places in the batch that each rank embeds, in its order.</summary>
    public IReadOnlyList<List<int>> Slots { get; }

    /// <summary>Those whose image each rank has and another one embeds.</summary>
    public IReadOnlyList<List<int>> Given { get; }

    /// <summary>Where each place of the batch lies when the ranks' parts stand one after another.</summary>
    public long[] Places()
    {
        long[] places = new long[Slots.Sum(s => s.Count)];
        long place = 0;
        foreach (int slot in Slots.SelectMany(s => s))
        {
            places[slot] = place++;
        }
        return places;
    }
}
