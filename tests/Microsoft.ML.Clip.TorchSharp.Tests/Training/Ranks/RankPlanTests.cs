namespace Microsoft.ML.Clip.Tests;

/// <summary>Every rank embeds as many images, and hands over no more than it has to.</summary>
public sealed class RankPlanTests
{
    [Fact]
    public void Plan_OfABatchThatIsSpreadEvenly_HandsNothingOver()
    {
        var plan = new RankPlan([1, 0, 0, 1], 2);
        Assert.Equal([[1, 2], [0, 3]], plan.Slots);
        Assert.All(plan.Given, Assert.Empty);
        Assert.Equal([2L, 0, 1, 3], plan.Places());
    }

    [Fact]
    public void Plan_WhereOneHasTooMany_HandsOverItsLast()
    {
        var plan = new RankPlan([0, 0, 2, 0, 0, 0], 3);
        Assert.Equal([[0, 1], [3, 4], [2, 5]], plan.Slots);
        Assert.Equal([[3, 4, 5], [], []], plan.Given);
    }

    [Fact]
    public void Plan_OfAnyOwners_GivesEachPlaceToOneRankInEqualParts()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            int size = random.Next(1, 9), share = random.Next(1, 20);
            int[] owners = [.. Enumerable.Range(0, size * share).Select(_ => random.Next(size))];
            var plan = new RankPlan(owners, size);

            Assert.All(plan.Slots, slots => Assert.Equal(share, slots.Count));
            Assert.Equal(Enumerable.Range(0, owners.Length), plan.Slots.SelectMany(s => s).Order());
            for (int rank = 0; rank < size; rank++)
            {
                int has = owners.Count(o => o == rank);
                Assert.Equal(Math.Max(0, has - share), plan.Given[rank].Count);
                Assert.All(plan.Given[rank], slot => Assert.Equal(rank, owners[slot]));
                Assert.All(plan.Slots[rank], slot => Assert.True(owners[slot] == rank || plan.Given[owners[slot]].Contains(slot)));
            }
            long[] places = plan.Places();
            int[] together = [.. plan.Slots.SelectMany(s => s)];
            Assert.All(Enumerable.Range(0, owners.Length), slot => Assert.Equal(slot, together[places[slot]]));
        }
    }
}
