namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/train-on-several-machines.md, started without a launcher, and on two threads.</summary>
public sealed class SeveralMachinesRecipe : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Runs()
    {
        var ml = new MLContext();
        var pairs = ml.Data.LoadFromEnumerable(TrainingFixture.Rows(40));

        // docs/recipes/train-on-several-machines.md
        using var ranks = MpiCollective.IsLaunched ? MpiCollective.Open() : null;       // null: started without a launcher, alone

        var trainer = new ClipContrastiveTrainer("Image", "Caption", new ClipContrastiveTrainer.Options
        {
            Architecture = ClipArchitecture.Tiny with { ImageSize = 32 },
            BatchSize = 32,                             // of all ranks together, which divide it
            Steps = 20,
            CheckpointPath = At("run.safetensors"),         // rank 0 writes and reads it
            Collective = ranks,
        });
        using var trained = trainer.Fit(pairs, new Progress<ClipTrainingProgress>(Console.WriteLine));      // rank 0 reports
        if (ranks is null or { Rank: 0 })
        {
            trained.Export(At("my-clip"));                  // all ranks have the model, one writes it
        }
        // end

        Assert.Null(ranks);
        using var clip = ClipModel.Load(At("my-clip"));
        Assert.Equal(trained.LogitScale, clip.LogitScale, 1e-4);
        var options = RankTrainingTests.Options("vit", "paper") with { Steps = 2 };

        // docs/recipes/train-on-several-machines.md
        LocalCollective.Run(2, rank =>
        {
            using var model = new ClipContrastiveTrainer("Image", "Caption", options with { Collective = rank }).Fit(pairs);
            Console.WriteLine($"rank {rank.Rank} of {rank.Size} has exp(t) = {model.LogitScale}");          // the same on both
        });
        // end
    }

    private string At(string path) => _directory.Combine(path);
}
