using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class OnnxWeightsTests
{
    private const float SmallestNormal = 1.17549435e-38f;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Quantize_AMatrix_IsNeverFartherThanHalfAStep(int channelAxis) =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5])
            .SelectMany((rows, columns) => Gen.Select(Gen.Const(rows), Gen.Const(columns), Gen.Float[-3, 3].Array[rows * columns]))
            .Sample((rows, columns, values) =>
            {
                var (quantized, scales) = OnnxWeights.Quantize(new WeightTensor("w", values, rows, columns), channelAxis);

                Assert.Equal(channelAxis == 0 ? rows : columns, scales.Length);
                for (int i = 0; i < values.Length; i++)
                {
                    float scale = scales[channelAxis == 0 ? i / columns : i % columns];
                    // Half a step, and the rounding of the quotient; steps below the normal numbers have few digits themselves.
                    Assert.InRange(Math.Abs((quantized[i] * scale) - values[i]), 0, (scale * 0.50001f) + SmallestNormal);
                }
            });

    [Fact]
    public void Quantize_TheLargestOfAChannel_Is127()
    {
        var (quantized, scales) = OnnxWeights.Quantize(new WeightTensor("w", [1, -2, 0.5f, 100, 50, -100], 2, 3), channelAxis: 0);

        Assert.Equal([64, -127, 32, 127, 64, -127], quantized.Select(q => (int)q));
        Assert.Equal([2f / 127, 100f / 127], scales);
    }

    [Fact]
    public void Quantize_AConvolution_HasAScaleForEachOutput()
    {
        float[] values = [.. Enumerable.Range(0, 2 * 3 * 2 * 2).Select(i => i < 12 ? 0.1f : 10f)];

        var (quantized, scales) = OnnxWeights.Quantize(new WeightTensor("w", values, 2, 3, 2, 2), channelAxis: 0);

        Assert.Equal([0.1f / 127, 10f / 127], scales);
        Assert.All(quantized, q => Assert.Equal(127, q));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(float.Epsilon)]
    public void Quantize_AChannelOfNothing_GivesZerosAndNoNaN(float nothing)
    {
        var (quantized, scales) = OnnxWeights.Quantize(new WeightTensor("w", [nothing, nothing, 1, 2], 2, 2), channelAxis: 0);

        Assert.Equal([0, 0, 64, 127], quantized.Select(q => (int)q));
        Assert.Equal([1f, 2f / 127], scales);
    }

    [Fact]
    public void Matrix_ThatFloat16CannotHold_NamesValueAndWayOut()
    {
        var weights = new OnnxWeights(new OnnxGraphBuilder("test"), ClipWeightPrecision.Float16);

        string message = Assert.Throws<ArgumentException>(() => weights.Matrix(new WeightTensor("w", [1, -65_520], 1, 2), channelAxis: 1)).Message;

        Assert.Contains("'w' holds -65520", message, StringComparison.Ordinal);
        Assert.Contains("Float32", message, StringComparison.Ordinal);
        // The largest that it can hold, after rounding.
        weights.Matrix(new WeightTensor("v", [65_519, -65_504], 1, 2), channelAxis: 1);
    }
}
