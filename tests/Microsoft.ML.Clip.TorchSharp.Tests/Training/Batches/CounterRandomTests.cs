namespace Microsoft.ML.Clip.Tests;

public sealed class CounterRandomTests
{
    /// <summary>A resumed run draws what the version drew that wrote the checkpoint, so these must not change.</summary>
    [Fact]
    public void NextDouble_OfCoordinates_GivesWhatItAlwaysGave()
    {
        var small = new CounterRandom(seed: 7, first: 3, second: 1);
        var large = new CounterRandom(seed: -1, first: 1L << 40, second: 5);

        Assert.Equal([0.06361408929232959, 0.673113479852388, 0.484121959740199], [small.NextDouble(), small.NextDouble(), small.NextDouble()]);
        Assert.Equal([0.013364879277917963, 0.7512792130908721, 0.45040926068339426], [large.NextDouble(), large.NextDouble(), large.NextDouble()]);
    }

    [Fact]
    public void Next_OfManyPlaces_CoversTheRangeEvenly()
    {
        int[] counts = new int[5];
        for (int place = 0; place < 5000; place++)
        {
            var random = new CounterRandom(seed: 1, first: 0, place);
            counts[random.Next(counts.Length)]++;
        }

        // Standard deviation 28.
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }
}
