using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

public sealed class WeightAverageTests
{
    [Fact]
    public void Update_StepByStep_FollowsTheFormulaAndStartsShort()
    {
        using var scope = NewDisposeScope();
        var average = zeros(3);
        double expected = 0;
        for (int step = 1; step <= 200; step++)
        {
            var weights = new Dictionary<string, Tensor> { ["w"] = TensorNumbers.Filled(Math.Sin(step), 3), ["other"] = ones(1) };
            WeightAverage.Update(new Dictionary<string, Tensor> { ["w"] = average }, weights, 0.9, step);
            double keep = Math.Min(0.9, (1.0 + step) / (10 + step));
            expected = (keep * expected) + ((1 - keep) * Math.Sin(step));

            Assert.All(average.data<float>().ToArray(), value => Assert.Equal(expected, value, 1e-5));
        }
    }
}
