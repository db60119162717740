using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What libtorch computes with is not freed under its hands, however often the collector runs.</summary>
public sealed class CollectorTests
{
    [Fact]
    public async Task Step_WhileTheCollectorRuns_IsTheSameStep()
    {
        float[] expected = Optimize();
        Assert.Equal(expected, await WhileCollecting(Optimize));

        static float[] Optimize()
        {
            using var scope = NewDisposeScope();
            var parameter = new Parameter(linspace(-1, 1, 30_000));
            var gradient = linspace(1, -2, 30_000);
            using var optimizer = new AdamW([("x", parameter)], 0.9, 0.98, 1e-6, 0.1);
            for (int i = 0; i < 2000; i++)
            {
                parameter.grad = gradient;
                optimizer.Step(1e-3, i + 1, new TorchThreads(1));
            }
            return parameter.data<float>().ToArray();
        }
    }

    [Theory]
    [InlineData("vit", ClipTrainingLoss.Paper)]
    [InlineData("cbow", ClipTrainingLoss.MultiPositive)]
    [InlineData("small-resnet", ClipTrainingLoss.MultiPositive)]
    [InlineData("openai-resnet", ClipTrainingLoss.Paper)]
    public async Task Backward_WhileTheCollectorRuns_IsTheSameStep(string architecture, ClipTrainingLoss loss)
    {
        double[] expected = Train();
        Assert.Equal(expected, await WhileCollecting(Train));

        double[] Train()
        {
            var reports = new TrainingFixture.Reports();
            var options = TrainingFixture.Options(SmallArchitectures.All[architecture], steps: 60, loss: loss);
            new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(TrainingFixture.Rows(8)), reports).Dispose();
            return [.. reports.Select(r => r.Loss)];
        }
    }

    private static async Task<T> WhileCollecting<T>(Func<T> compute)
    {
        bool done = false;
        var collector = Task.Factory.StartNew(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return compute();
        }
        finally
        {
            Volatile.Write(ref done, true);
            await collector;
        }
    }
}
