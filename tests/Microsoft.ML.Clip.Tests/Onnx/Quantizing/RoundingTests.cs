namespace Microsoft.ML.Clip.Tests;

/// <summary>Numbers in 8 bits: as near as they can be, and never of another sign or order.</summary>
public sealed class RoundingTests
{
    [Theory]
    [InlineData(RoundedWeights.Whole)]
    [InlineData(RoundedWeights.Reduced)]
    public void Weights_AreWithinHalfAStepOfEachColumn(int most)
    {
        const int Inputs = 40, Outputs = 7;
        var random = new Random(3);
        float[] weights = [.. Enumerable.Range(0, Inputs * Outputs).Select(i => (random.NextSingle() - 0.5f) * MathF.Pow(10, i % Outputs))];
        float[] rowScales = [.. Enumerable.Range(0, Inputs).Select(j => 1f + j)];

        var rounded = RoundedWeights.Of(weights, rowScales, Inputs, most);

        for (int i = 0; i < weights.Length; i++)
        {
            float exact = weights[i] * rowScales[i / Outputs], scale = rounded.Scales[i % Outputs];
            // Half a step, and what float32 loses in between.
            Assert.InRange(exact - (rounded.Values[i] * scale), -0.501f * scale, 0.501f * scale);
        }
        for (int n = 0; n < Outputs; n++)
        {
            Assert.Equal(most, Enumerable.Range(0, Inputs).Max(j => Math.Abs((int)rounded.Values[(j * Outputs) + n])));
        }
    }

    [Fact]
    public void Weights_AColumnOfZeros_StaysOne()
    {
        var rounded = RoundedWeights.Of([0, 1, 0, -2], null, inputs: 2, RoundedWeights.Whole);

        Assert.Equal([0, 64, 0, -127], rounded.Values.Select(v => (int)v));
        Assert.Equal([1, 2f / 127], rounded.Scales);
    }

    [Theory]
    [InlineData(-1, 3)]
    [InlineData(0.5, 3)]
    [InlineData(-4, -1)]
    [InlineData(0, 0)]
    [InlineData(-1e-30, 1e30)]
    public void Activations_ZeroIsExact_AndTheEndsAreNear(float smallest, float largest)
    {
        var range = ActivationRange.Of(smallest, largest);

        Assert.Equal(0, range.Round(0));
        foreach (float end in (float[])[smallest, largest])
        {
            Assert.InRange(range.Round(end) - end, -range.Step, range.Step);
        }
    }

    [Fact]
    public void Activations_AnOutlierThatMattersLittle_IsCut()
    {
        var random = new Random(5);
        float[][] rows = [.. Enumerable.Range(0, 200).Select(_ => (float[])[.. Enumerable.Range(0, 50).Select(_ => random.NextSingle() - 0.5f)])];
        rows[7][3] = 3;
        double[] importance = [.. Enumerable.Range(0, 50).Select(j => j == 3 ? 0.001 : 1)];

        var range = ActivationRange.Choose(rows, importance, -0.5f, 3);

        Assert.True(range.Round(3) < 2.5f, $"3 stays {range.Round(3)}");
        Assert.InRange(ActivationRange.Choose(rows, [.. Enumerable.Repeat(1.0, 50)], -0.5f, 3).Round(3), 2.9f, 3.1f);
        Assert.Equal(ActivationRange.Of(-0.5f, 0.5f), ActivationRange.Choose([.. rows.Where((_, i) => i != 7)], [.. Enumerable.Repeat(1.0, 50)], -0.5f, 0.5f));
    }
}
