using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class EpochOrderTests
{
    private static readonly Gen<int[]> Groups = Gen.Int[0, 9].Array[1, 200].Select(g =>
    {
        int[] used = [.. g.Distinct().Order()];
        return g.Select(x => Array.IndexOf(used, x)).ToArray();
    });

    [Fact]
    public void Create_FromAnyGroups_HasEachRowOnce() =>
        Groups.Sample(groups => Assert.Equal(Enumerable.Range(0, groups.Length), EpochOrder.Create(groups, 1, 0).Order()));

    [Fact]
    public void Create_FromAnyGroups_SpreadsEachEvenly() =>
        Gen.Select(Groups, Gen.Int[1, 50]).Sample((groups, batch) =>
        {
            int[] order = EpochOrder.Create(groups, 1, 0);
            for (int start = 0; start + batch <= order.Length; start += batch)
            {
                foreach (var group in order[start..(start + batch)].GroupBy(i => groups[i]))
                {
                    double share = groups.Count(g => g == group.Key) * (double)batch / groups.Length;
                    // Places of other groups move the edges of a batch by less than one row of each.
                    Assert.InRange(group.Count(), 0, Math.Ceiling(share * 1.5) + groups.Max() + 2);
                }
            }
        });

    [Fact]
    public void Create_WithOneRowInEachOfTwoHalves_AlternatesGroups()
    {
        int[] groups = [.. Enumerable.Range(0, 40).Select(i => i % 2)];
        int[] order = EpochOrder.Create(groups, 3, 2);
        Assert.All(order.Chunk(2), pair => Assert.NotEqual(groups[pair[0]], groups[pair[1]]));
    }

    [Fact]
    public void Create_OfAnotherSeedOrEpoch_Differs()
    {
        int[] groups = new int[50], order = EpochOrder.Create(groups, 1, 0);
        Assert.Equal(order, EpochOrder.Create(groups, 1, 0));
        Assert.NotEqual(order, EpochOrder.Create(groups, 1, 1));
        Assert.NotEqual(order, EpochOrder.Create(groups, 2, 0));
    }
}
