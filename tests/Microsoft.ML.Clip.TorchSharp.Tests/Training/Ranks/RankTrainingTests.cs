using TorchSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Ranks 1, 2 and 4 train to what one process trains to.</summary>
public sealed class RankTrainingTests
{
    public static TheoryData<string, string> Ways => new()
    {
        { "vit", "paper" },
        { "vit", "multi-positive" },
        { "vit", "one caption of every group" },
        { "vit", "one text per group" },
        { "cbow", "paper" },
        { "vit", "parts" },
        { "vit", "threads" },
        { "vit", "averaged" },
        { "vit", "shifted crops" },
    };

    [Theory, MemberData(nameof(Ways))]
    public void Fit_OnRanks_GivesLossesAndWeightsOfOneProcess(string architecture, string way)
    {
        var options = Options(architecture, way);
        var alone = RankFixture.Train(0, options)[0];
        Assert.Equal(20, alone.Losses.Length);
        // Something is learned, else all are equal.
        Assert.True(alone.Losses[^1] < alone.Losses[0] - 0.1, $"{alone.Losses[0]} to {alone.Losses[^1]}");

        // One rank is the same as none, whichever way.
        foreach (int size in way == "paper" ? (int[])[1, 2, 4] : [2, 4])
        {
            var results = RankFixture.Train(size, options);
            // The mean of 4 smooths the rounding of logits, which are cosines times 14, less than that of 16: 1.02e-6 was seen.
            RankFixture.AssertEqual(alone, results[0], losses: options.BatchSize < 16 ? 4 * TrainingTolerances.RankLosses : TrainingTolerances.RankLosses);
            // Rank 0 speaks for all; and all have the same model, to the bit.
            Assert.All(results.Skip(1), r => Assert.Empty(r.Losses));
            Assert.All(results.Skip(1), r => RankFixture.AssertEqualWeights(results[0], r, 0));
        }
    }

    [Fact]
    public void Fit_OnRanksWithALockedImageTower_LeavesItAndTrainsTheTexts()
    {
        using var scope = torch.NewDisposeScope();
        using var module = new ClipModule(SmallArchitectures.VisionTransformer, seed: 7);
        var options = Options("vit", "paper") with { LockedImageTower = true, TokenizerDirectory = null, InitialWeights = Fit(module) };
        var alone = RankFixture.Train(0, options)[0];
        var ranks = RankFixture.Train(2, options);
        RankFixture.AssertEqual(alone, ranks[0]);
        Assert.Equal(module.Weights()["visual.conv1.weight"].data<float>().ToArray(), ranks[1].Weights["visual.conv1.weight"]);

        // The vocabulary that the captions give has as many words as its limit or fewer: the text tower is the trainer's own.
        static Dictionary<string, torch.Tensor> Fit(ClipModule module)
        {
            var weights = module.Weights().ToDictionary();
            using var probe = new ClipContrastiveTrainer("Image", "Captions", Options("vit", "paper") with { Steps = 1 }).Train(TrainingFixture.View(TrainingFixture.Rows()));
            weights["token_embedding.weight"] = probe.Module.Weights()["token_embedding.weight"].clone();
            return weights;
        }
    }

    /// <summary>In bfloat16 a sum in another order differs by a hundredth of a percent; ranks of which each row goes the same way stay close.</summary>
    [Fact]
    public void Fit_OnRanksInBFloat16_StaysClose()
    {
        var options = Options("vit", "paper") with { BFloat16 = true, Steps = 5 };
        RankFixture.AssertEqual(RankFixture.Train(0, options)[0], RankFixture.Train(2, options)[0], losses: 1e-2, weights: 1e-2);
    }

    /// <summary>Each rank normalises its own images; the statistics that the model keeps are the mean, the same on every rank.</summary>
    [Fact]
    public void Fit_OnRanksWithBatchNorm_GivesAllTheSameStatistics()
    {
        var options = TrainingFixture.Options(steps: 8, batchSize: 16, averageDecay: 0) with { ReducedImageSize = 8, ReducedSteps = 3 };
        var alone = RankFixture.Train(0, options)[0];
        var ranks = RankFixture.Train(4, options);
        Assert.All(ranks, r => RankFixture.AssertEqualWeights(ranks[0], r, 0));
        Assert.All(ranks[0].Losses, loss => Assert.True(double.IsFinite(loss)));
        string mean = Assert.Single(alone.Weights.Keys, name => name == "visual.bn1.running_mean");
        Assert.NotEqual(new float[alone.Weights[mean].Length], ranks[0].Weights[mean]);
        // Of the first norm, before which nothing differs but the weights' steps, the mean over all images hardly depends on who saw which.
        for (int i = 0; i < alone.Weights[mean].Length; i++)
        {
            Assert.Equal(alone.Weights[mean][i], ranks[0].Weights[mean][i], 2e-2);
        }
    }

    /// <summary>A rank that has only its own images trains, so it needs no others: every second row's, or every fourth's.</summary>
    [Theory, InlineData(2), InlineData(4)]
    public void Fit_WhereEachRankHasItsOwnImagesOnly_TrainsAsWithAll(int size)
    {
        using var directory = new TemporaryDirectory();
        var rows = TrainingFixture.Rows();
        var view = new MLContext().Data.LoadFromEnumerable(rows.Select((row, i) => new { Path = $"{i}.png", row.Captions }));
        for (int i = 0; i < rows.Count; i++)
        {
            foreach (string folder in (string[])["all", $"rank {i % size}"])
            {
                Directory.CreateDirectory(directory.Combine(folder));
                File.WriteAllBytes(Path.Combine(directory.Combine(folder), $"{i}.png"), rows[i].Image);
            }
        }
        var options = Options("vit", "paper") with { Steps = 8 };
        double[] alone = Losses(options with { ImageFolder = directory.Combine("all") }), together = [];
        LocalCollective.Run(size, rank =>
        {
            double[] losses = Losses(options with { Collective = rank, ImageFolder = directory.Combine($"rank {rank.Rank}") });
            if (rank.Rank == 0)
            {
                together = losses;
            }
        }, RankFixture.Patience);
        Assert.Equal(alone.Length, together.Length);
        Assert.All(alone.Zip(together), pair => Assert.Equal(pair.First, pair.Second, TrainingTolerances.RankLosses * pair.First));

        double[] Losses(ClipContrastiveTrainer.Options options)
        {
            var reports = new TrainingFixture.Reports();
            new ClipContrastiveTrainer("Path", "Captions", options).Train(view, reports).Dispose();
            return [.. reports.Select(r => r.Loss)];
        }
    }

    [Fact]
    public void Fit_OnRanks_LeavesOutWhatAnyOfThemCannotRead()
    {
        var rows = TrainingFixture.Rows(24);
        rows[3].Image = [];
        rows[9].Image = [1, 2, 3];
        rows[10].Image = rows[10].Image[..30];
        var options = Options("vit", "paper") with { OnInvalidImage = ClipOnInvalidImage.Missing, Steps = 6 };
        RankFixture.AssertEqual(RankFixture.Train(0, options, rows)[0], RankFixture.Train(4, options, rows)[0]);

        List<string>[] skipped = [[], []];
        LocalCollective.Run(2, rank =>
        {
            using var model = new ClipContrastiveTrainer("Image", "Captions", options with { Collective = rank }).Train(TrainingFixture.View(rows));
            skipped[rank.Rank].AddRange(model.SkippedRows);
        }, RankFixture.Patience);
        Assert.Equal(["Row 3", "Row 9", "Row 10"], skipped[0].Select(s => s[..s.IndexOf(" (", StringComparison.Ordinal)]));
        Assert.Equal(skipped[0], skipped[1]);
    }

    [Fact]
    public void Fit_OnRanks_ReportsEvaluatesAndTellsOnTheFirst()
    {
        var heard = new System.Collections.Concurrent.ConcurrentQueue<(int Rank, string What)>();
        LocalCollective.Run(2, rank =>
        {
            var options = Options("vit", "paper") with
            {
                Collective = rank,
                Steps = 6,
                Evaluate = snapshot => heard.Enqueue((rank.Rank, $"evaluate {snapshot.Step}")),
                EvaluateEvery = 3,
                OnInvalidImage = ClipOnInvalidImage.Missing,
                Log = note => heard.Enqueue((rank.Rank, note)),
            };
            var rows = TrainingFixture.Rows();
            rows[1].Image = [];
            new ClipContrastiveTrainer("Image", "Captions", options).Train(TrainingFixture.View(rows)).Dispose();
        }, RankFixture.Patience);
        Assert.Equal(3, heard.Count);
        Assert.All(heard, h => Assert.Equal(0, h.Rank));
        Assert.Equal(["evaluate 3", "evaluate 6"], heard.Skip(1).Select(h => h.What));
        Assert.Contains("1 of 32 rows are left out", heard.First().What, StringComparison.Ordinal);
    }

    internal static ClipContrastiveTrainer.Options Options(string architecture, string way)
    {
        var network = SmallArchitectures.All[architecture];
        var options = TrainingFixture.Options(network, steps: 20, batchSize: 16, averageDecay: 0, learningRate: 5e-4) with { WarmupSteps = 5 };
        return way switch
        {
            "paper" => options,
            "multi-positive" => options with { Loss = ClipTrainingLoss.MultiPositive },
            // Batches of 4 images are of less than 4 groups at times: then there is a group without one, and, where there is one text for each, a rank without
            // any.
            "one caption of every group" => options with { Loss = ClipTrainingLoss.MultiPositive, CaptionsOfAllGroups = true, BatchSize = 4 },
            "one text per group" => options with { Loss = ClipTrainingLoss.MultiPositive, OneTextPerGroup = true, BatchSize = 4 },
            "parts" => options with { MicroBatchSize = 3 },
            "threads" => options with { Threads = 2 },
            "averaged" => options with { AverageDecay = 0.9, WeightDecay = 0.1, Flip = false },
            "shifted crops" => options with { MaximumShift = 0.2, MinimumCropArea = 0.5, Seed = 9 },
            _ => throw new ArgumentOutOfRangeException(nameof(way), way, "unknown"),
        };
    }
}
