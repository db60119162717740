namespace Microsoft.ML.Clip;

/// <summary>Images of a batch that one rank has and another one embeds: see <see cref="RankPlan"/>.</summary>
internal static class HandedImages
{
    /// <summary>Bytes that a rank receives at once.</summary>
    private const int Piece = 1 << 26;

    /// <summary>Gives every rank the images that any hands over.</summary>
    /// <param name="ranks">All ranks.</param>
    /// <param name="plan">Who hands over what.</param>
    /// <param name="rows">The row at each place of the batch.</param>
    /// <param name="data">Of which this rank has its images.</param>
    /// <returns>The bytes of the images by their place in the batch.</returns>
    public static Dictionary<int, ReadOnlyMemory<byte>> Exchange(RankGroup ranks, RankPlan plan, int[] rows, TrainingData data)
    {
        var images = new Dictionary<int, ReadOnlyMemory<byte>>();
        int most = plan.Given.Max(given => given.Count), size = 3 * data.Images.Size * data.Images.Size;
        var own = plan.Given[ranks.Rank];
        // In pieces that fit into an array, whatever the batch.
        int piece = Math.Max(1, Piece / (size * ranks.Size));
        for (int start = 0; start < most; start += piece)
        {
            int count = Math.Min(piece, most - start);
            byte[] given = new byte[count * size];
            for (int i = start; i < Math.Min(start + count, own.Count); i++)
            {
                data.Images[data.Places[rows[own[i]]]].CopyTo(given.AsSpan((i - start) * size));
            }
            byte[] all = ranks.Gather(given);
            foreach (var (rank, slots) in plan.Given.Index())
            {
                for (int i = start; i < Math.Min(start + count, slots.Count); i++)
                {
                    images.Add(slots[i], all.AsMemory(((rank * count) + i - start) * size, size));
                }
            }
        }
        return images;
    }
}
