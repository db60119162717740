using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class CountsTests
{
    /// <summary>Few values, so that many are equal, and both zeros.</summary>
    private static readonly Gen<float> Value = Gen.OneOfConst(-1f, -0f, 0f, 0.5f, 1f, 2f, float.PositiveInfinity, float.NegativeInfinity);

    [Fact]
    public void Counts_OfAnyValues_AreWhatLookingAtEachSays() =>
        Gen.Select(Value.Array[1, 70], Value).Sample((values, other) =>
        {
            int[] counts = [.. values.Select((_, i) => i)], expected = [.. values.Select((v, i) => i + (v > other ? 1 : 0))];

            Counts.Above(values, [.. values.Select(_ => other)], counts);

            Assert.Equal(values.Count(v => v > other), Counts.Above(values, other));
            Assert.Equal(values.Count(v => v == other), Counts.Equal(values, other));
            Assert.Equal(expected, counts);
            Assert.Equal(values.Any(v => v >= other), Counts.AnyNotBelow(values, [.. values.Select(_ => other)]));
            Assert.Equal((values.Min(), values.Max(), Array.FindIndex(values, v => v == values.Max())), Counts.Range(values));
        });

    [Fact]
    public void Range_NaN_IsFoundWhereverItStands() =>
        Gen.Select(Value.Array[1, 70], Gen.Int[0, 69]).Where(v => v.Item2 < v.Item1.Length).Sample((values, at) =>
        {
            float[] broken = [.. values];
            broken[at] = float.NaN;
            broken[^1] = at % 2 == 0 ? float.NaN : broken[^1];

            var (least, greatest, place) = Counts.Range(broken);

            Assert.True(float.IsNaN(least) && float.IsNaN(greatest));
            Assert.Equal(Math.Min(at, at % 2 == 0 ? broken.Length - 1 : at), place);
        });
}
