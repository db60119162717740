using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class WarmupCosineScheduleTests
{
    [Fact]
    public void At_RisesInALineAndFallsAlongACosine()
    {
        var schedule = new WarmupCosineSchedule(Peak: 2, WarmupSteps: 4, TotalSteps: 12);
        double[] expected = [0.5, 1, 1.5, 2, 2, 1 + Math.Cos(Math.PI / 8), 1 + Math.Cos(Math.PI / 4)];
        for (int step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step], schedule.At(step), 1e-12);
        }
        Assert.Equal(1, schedule.At(8), 1e-12);
    }

    [Fact]
    public void At_AnyStep_IsPositiveAndNoMoreThanThePeak() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Int[0, 1500]).Sample((total, warmup) =>
        {
            var schedule = new WarmupCosineSchedule(1, warmup, total);
            double[] rates = [.. Enumerable.Range(0, total).Select(schedule.At)];
            int top = Math.Min(warmup, total);
            return rates.All(r => r is > 0 and <= 1)
                && rates.Take(top).Zip(rates.Take(top).Skip(1)).All(p => p.First < p.Second)
                && rates.Skip(top).Zip(rates.Skip(top + 1)).All(p => p.First > p.Second);
        });
}
