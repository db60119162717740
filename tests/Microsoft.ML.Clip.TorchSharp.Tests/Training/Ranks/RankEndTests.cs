namespace Microsoft.ML.Clip.Tests;

/// <summary>Ranks that end, together: what does not fit, what fails on one, a cancellation; and what goes on afterwards.</summary>
public sealed class RankEndTests
{
    [Theory]
    [InlineData("rate", "All ranks need the same options, but LearningRate is 0.0005 on rank 0 and 0.002 on rank 1 of 2.")]
    [InlineData("seed", "All ranks need the same options, but Seed is 1 on rank 0 and 2 on rank 1 of 2.")]
    [InlineData("architecture", "All ranks need the same options, but Architecture is {")]
    [InlineData("checkpoint", "All ranks need the same options, but CheckpointEvery is 5 on rank 0 and 6 on rank 1 of 2.")]
    [InlineData("a row less", "All ranks need the same rows, but the number of rows is 32 on rank 0 and 31 on rank 1 of 2.")]
    [InlineData("another caption", "All ranks need the same rows in the same order, but row 7 (counted from 0) has 'a photo of a yellow square.', 'something yellow' on rank 0 and 'a duck' on rank 1 of 2.")]
    public void Fit_WhereARankHasOtherOptionsOrRows_NamesTheDifferenceOnAll(string what, string expected)
    {
        string[] messages = Ends<ArgumentException>(2, (rank, options, rows) =>
        {
            if (rank == 0)
            {
                return options;
            }
            switch (what)
            {
                case "rate": return options with { LearningRate = 0.002 };
                case "seed": return options with { Seed = 2 };
                case "architecture": return options with { Architecture = options.Architecture with { VisionLayers = 1 } };
                case "checkpoint": return options with { CheckpointEvery = 6 };
                case "a row less": rows.RemoveAt(3); return options;
                default: rows[7].Captions = ["a duck"]; return options;
            }
        });
        Assert.All(messages, message => Assert.StartsWith(expected, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_WhereOneTokenizerIsAnother_NamesTheVocabulary()
    {
        using var directory = new TemporaryDirectory();
        var other = ClipVocabularyTrainer.Train(["nothing but ducks", "and more ducks"], new ClipVocabularyOptions { Size = 600, ContextLength = 12 }, TestContext.Current.CancellationToken);
        var usual = ClipVocabularyTrainer.Train(["a photo of a red square", "something green"], new ClipVocabularyOptions { Size = 600, ContextLength = 12 }, TestContext.Current.CancellationToken);
        other.Save(directory.Combine("1"));
        usual.Save(directory.Combine("0"));
        string[] messages = Ends<ArgumentException>(2, (rank, options, _) => options with { TokenizerDirectory = directory.Combine($"{rank}") });
        Assert.All(messages, message => Assert.StartsWith("All ranks need the same options and rows, but vocabulary, by the hash of the captions' ids is ", message, StringComparison.Ordinal));
    }

    [Fact]
    public void Constructor_WithABatchThatTheRanksDoNotDivide_SaysSo()
    {
        var rank = LocalCollective.Create(3)[0];
        Assert.Equal("BatchSize is 16, which 3 ranks do not divide into equal parts.", Assert.Throws<ArgumentException>(() =>
            new ClipContrastiveTrainer("Image", "Captions", RankTrainingTests.Options("vit", "paper") with { Collective = rank })).Message);
    }

    [Fact]
    public void Fit_OnFewerRowsThanABatch_ThatTheRanksDoNotDivide_SaysSo()
    {
        string[] messages = Ends<ArgumentException>(2, (_, options, rows) =>
        {
            rows.RemoveRange(0, 21);
            return options;
        });
        Assert.All(messages, message => Assert.Equal("There are 11 rows, fewer than BatchSize, 16, and 2 ranks do not divide them into equal parts.", message));
    }

    [Theory, InlineData(0, 0), InlineData(2, 2), InlineData(-1, 3)]
    public void Constructor_WithACollectiveThatIsNone_SaysWhatItSays(int rank, int size) =>
        Assert.Equal($"Collective says that it is rank {rank} of {size}; expected at least 1 rank, counted from 0.", Assert.Throws<ArgumentException>(() =>
            new ClipContrastiveTrainer("Image", "Captions", RankTrainingTests.Options("vit", "paper") with { Collective = new Odd(rank, size) })).Message);

    [Fact]
    public void Fit_WhereOneRankCannotReadAnImage_EndsAllWithItsMessage()
    {
        var errors = Errors(4, (_, options, rows) =>
        {
            rows[6].Image = rows[6].Image[..40];
            return options;
        });
        Assert.IsType<ClipImageException>(errors[2]);
        Assert.StartsWith("Row 6 (counted from 0), column 'Image':", errors[2].Message, StringComparison.Ordinal);
        Assert.All(errors.Where((_, rank) => rank != 2), e => Assert.Equal($"Rank 2 of 4 has ended the training: {errors[2].Message}", Assert.IsType<ClipTrainingException>(e).Message));
    }

    [Theory, InlineData("evaluate"), InlineData("checkpoint")]
    public void Fit_WhereTheFirstRankFailsAtTheEnd_TellsTheOthers(string what)
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("c");
        var errors = Errors(2, (rank, options, _) => what switch
        {
            "evaluate" => options with { Steps = 3, Evaluate = _ => throw new NotSupportedException("no") },
            // A directory takes the place of the file while the training runs.
            _ => options with { Steps = 3, CheckpointPath = checkpoint, ReportEvery = 3, Log = null },
        }, rank => what == "checkpoint" && rank == 0 ? new Act(() => Directory.CreateDirectory(checkpoint)) : null);
        Assert.StartsWith("Rank 0 of 2 has ended the training: ", Assert.IsType<ClipTrainingException>(errors[1]).Message, StringComparison.Ordinal);
        Assert.Contains(what == "evaluate" ? "no" : "cannot be written", errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WhereTheLossIsNotANumber_EndsAllAtTheSameStep()
    {
        string[] messages = Ends<ClipTrainingException>(2, (_, options, _) => options with { LearningRate = 1e30, Steps = 200 });
        Assert.Equal(messages[0], messages[1]);
        Assert.Contains("learning rate of", messages[0], StringComparison.Ordinal);
    }

    /// <summary>One rank is cancelled; all end after the same step, and what the first has kept goes on with another number of ranks.</summary>
    [Fact]
    public void Fit_WhereOneRankIsCancelled_EndsAllAndGoesOn()
    {
        using var directory = new TemporaryDirectory();
        var options = RankTrainingTests.Options("vit", "paper") with { Steps = 20, CheckpointPath = directory.Combine("c") };
        var whole = RankFixture.Train(0, options with { CheckpointPath = null })[0];
        using var stop = new CancellationTokenSource();
        var errors = new Exception[4];
        LocalCollective.Run(4, rank =>
        {
            // The first reports, and the last is cancelled. Others have no file of theirs.
            IProgress<ClipTrainingProgress> progress = new StopAt(7, stop);
            var own = options with { Collective = rank, CheckpointPath = rank.Rank == 0 ? options.CheckpointPath : null };
            errors[rank.Rank] = Assert.ThrowsAny<OperationCanceledException>(() => new ClipContrastiveTrainer("Image", "Captions", own)
                .Fit(TrainingFixture.View(TrainingFixture.Rows()), progress, rank.Rank == 3 ? stop.Token : TestContext.Current.CancellationToken));
        }, RankFixture.Patience);
        // The last may have begun the next step when the first reports of this one.
        int steps = errors[0].Message.Contains("after 7", StringComparison.Ordinal) ? 7 : 8;
        string ended = $"The training was cancelled after {steps} of 20 steps.";
        Assert.Equal($"{ended} They are kept in '{options.CheckpointPath}', from which the same training goes on.", errors[0].Message);
        Assert.All(errors.Skip(1), e => Assert.StartsWith(ended, e.Message, StringComparison.Ordinal));

        var resumed = RankFixture.Train(2, options)[0];
        Assert.Equal(steps, resumed.ResumedAt);
        RankFixture.AssertEqualLosses(whole.Losses[steps..], resumed.Losses);
        RankFixture.AssertEqualWeights(whole, resumed);
    }

    /// <summary>A run on four ranks dies, and goes on with two, and with one, to what one process had without any of it.</summary>
    [Theory, InlineData(4, 2), InlineData(4, 0), InlineData(0, 4), InlineData(2, 4)]
    public void Fit_KilledAndResumedOnAnotherNumberOfRanks_EndsAsTheUninterruptedRun(int before, int after)
    {
        using var directory = new TemporaryDirectory();
        var options = RankTrainingTests.Options("vit", "averaged") with { Steps = 20, CheckpointPath = directory.Combine("c") };
        var whole = RankFixture.Train(0, options with { CheckpointPath = null })[0];
        Assert.Equal("killed", Assert.Throws<InvalidOperationException>(() => RankFixture.Train(before, options, killAt: 13)).Message);

        var results = RankFixture.Train(after, options);

        Assert.Equal(10, results[0].ResumedAt);
        RankFixture.AssertEqualLosses(whole.Losses[10..], results[0].Losses);
        Assert.All(results, result => RankFixture.AssertEqualWeights(whole, result));
    }

    private static string[] Ends<T>(int size, Func<int, ClipContrastiveTrainer.Options, List<TrainingFixture.Row>, ClipContrastiveTrainer.Options> change)
        where T : Exception => [.. Errors(size, change).Select(e => Assert.IsType<T>(e).Message)];

    /// <summary>What each rank throws.</summary>
    private static Exception[] Errors(int size, Func<int, ClipContrastiveTrainer.Options, List<TrainingFixture.Row>, ClipContrastiveTrainer.Options> change,
        Func<int, IProgress<ClipTrainingProgress>?>? progress = null)
    {
        var errors = new Exception[size];
        LocalCollective.Run(size, rank =>
        {
            var rows = TrainingFixture.Rows();
            var options = change(rank.Rank, RankTrainingTests.Options("vit", "paper") with { Steps = 4 }, rows) with { Collective = rank };
            errors[rank.Rank] = Assert.ThrowsAny<Exception>(() =>
                new ClipContrastiveTrainer("Image", "Captions", options).Train(TrainingFixture.View(rows), progress?.Invoke(rank.Rank)));
        }, RankFixture.Patience);
        return errors;
    }

    private sealed class StopAt(int step, CancellationTokenSource stop) : IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value)
        {
            if (value.Step == step)
            {
                stop.Cancel();
            }
        }
    }

    private sealed class Act(Action action) : IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value) => action();
    }

    private sealed class Odd(int rank, int size) : ICollective
    {
        public int Rank => rank;

        public int Size => size;

        public void AllGather(ReadOnlySpan<byte> own, Span<byte> all) => throw new NotSupportedException();

        public void AllReduceSum(Span<float> values) => throw new NotSupportedException();

        public void Barrier() => throw new NotSupportedException();

        public void Abort(string message) => throw new NotSupportedException();
    }
}
