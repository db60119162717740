namespace Microsoft.ML.Clip.Tests;

public sealed class SplitMix64Tests
{
    /// <summary>The first numbers of the seed 1234567, as Sebastiano Vigna's splitmix64.c gives them.</summary>
    [Fact]
    public void Next_OfAPublishedSeed_GivesThePublishedNumbers()
    {
        var random = new SplitMix64(1234567);

        ulong[] numbers = [random.Next(), random.Next(), random.Next(), random.Next(), random.Next()];

        Assert.Equal([6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821], numbers);
    }

    /// <summary>Experiments are repeated by their seeds, so these must not change. The numbers are those of the algorithm, computed apart.</summary>
    [Theory]
    [InlineData(0, 1896895516)]
    [InlineData(1, 1216681718)]
    [InlineData(-1, 1919727803)]
    public void Create_OfASeed_IsTheStreamOfItsFirstNumber(int seed, int mixed)
    {
        Random actual = SeededRandom.Create(seed), expected = new(mixed);

        Assert.Equal((expected.Next(), expected.Next()), (actual.Next(), actual.Next()));
    }
}
