using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Checkpoints that are no longer what was written, and runs that are no longer what they were.</summary>
public sealed class DamagedCheckpointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, Func<ClipContrastiveTrainer.Options, ClipContrastiveTrainer.Options>> Changes => new()
    {
        { "LearningRate", o => o with { LearningRate = 0.05 } },
        { "WarmupSteps", o => o with { WarmupSteps = 3 } },
        { "WeightDecay", o => o with { WeightDecay = 0.1 } },
        { "Beta1", o => o with { Beta1 = 0.8 } },
        { "Beta2", o => o with { Beta2 = 0.9 } },
        { "Epsilon", o => o with { Epsilon = 1e-7 } },
        { "MinimumCropArea", o => o with { MinimumCropArea = 0.5 } },
        { "MaximumShift", o => o with { MaximumShift = 0.1 } },
        { "Flip", o => o with { Flip = false } },
        { "OneTextPerGroup", o => o with { OneTextPerGroup = true } },
    };

    private string Checkpoint => _directory.Combine("c");

    public void Dispose()
    {
        _scope.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Load_AnyBitOfTheValuesFlipped_IsRefusedAndChangesNothing()
    {
        TrainingCheckpoint.Save(Checkpoint, [("weights.x", ones(3)), ("first.x", ones(3))], new Dictionary<string, string> { ["step"] = "1" });
        byte[] good = File.ReadAllBytes(Checkpoint);
        for (int i = good.Length - (6 * sizeof(float)); i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x10;
            File.WriteAllBytes(Checkpoint, bad);
            var x = zeros(3);

            string message = Assert.Throws<ClipTrainingException>(() => TrainingCheckpoint.Load(Checkpoint, [("weights.x", x), ("first.x", zeros(3))])).Message;

            Assert.Contains("it is damaged", message, StringComparison.Ordinal);
            Assert.Equal([0f, 0f, 0f], x.data<float>().ToArray());
        }
    }

    [Fact]
    public void Load_AnotherStepWithTheOldValues_IsRefused()
    {
        TrainingCheckpoint.Save(Checkpoint, [("weights.x", ones(3))], new Dictionary<string, string> { ["step"] = "1" });
        string file = Encoding.Latin1.GetString(File.ReadAllBytes(Checkpoint));
        File.WriteAllBytes(Checkpoint, Encoding.Latin1.GetBytes(file.Replace("\"step\":\"1\"", "\"step\":\"7\"", StringComparison.Ordinal)));

        string message = Assert.Throws<ClipTrainingException>(() => TrainingCheckpoint.Load(Checkpoint, [("weights.x", zeros(3))])).Message;
        Assert.Contains("it is damaged", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights.x")]
    [InlineData("average.x")]
    public void Load_WeightThatIsNoNumber_IsRefusedWithoutAHash(string name)
    {
        // As a version without hashes wrote it.
        const string header = """{"__metadata__":{"step":"1"},"NAME":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        byte[] file = SafetensorsBytes.File(header.Replace("NAME", name, StringComparison.Ordinal), 8);
        BitConverter.GetBytes(float.NaN).CopyTo(file, file.Length - sizeof(float));
        File.WriteAllBytes(Checkpoint, file);

        string message = Assert.Throws<ClipTrainingException>(() => TrainingCheckpoint.Load(Checkpoint, [(name, ones(2))])).Message;

        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains("NaN", message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Changes))]
    public void Fit_ResumedWithAnotherOption_NamesItAndTheWayOut(string name, Func<ClipContrastiveTrainer.Options, ClipContrastiveTrainer.Options> change)
    {
        var options = TrainingFixture.Options(steps: 2, checkpoint: Checkpoint);
        var data = TrainingFixture.View(TrainingFixture.Rows());
        new ClipContrastiveTrainer("Image", "Caption", options).Train(data).Dispose();

        Refused(change(options with { Steps = 4 }), data, $"{name} is ", nameof(options.CheckpointPath));
        // Steps alone may change.
        new ClipContrastiveTrainer("Image", "Caption", options with { Steps = 3 }).Train(data).Dispose();
    }

    [Fact]
    public void Fit_ResumedWithOtherCaptions_SaysSo()
    {
        var options = TrainingFixture.Options(steps: 2, checkpoint: Checkpoint);
        var rows = TrainingFixture.Rows();
        new ClipContrastiveTrainer("Image", "Caption", options).Train(TrainingFixture.View(rows)).Dispose();

        string[] captions = [.. rows.Select(r => r.Caption)];
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i].Caption = captions[(i + 7) % rows.Count];
        }
        Refused(options, TrainingFixture.View(rows), "captions and groups", nameof(options.CheckpointPath));

        // Letters moved on by one: as many tokens, with as many ids.
        for (int i = 0; i < rows.Count; i++)
        {
            rows[i].Caption = string.Concat(captions[i].Select(c => c is >= 'a' and < 'z' ? (char)(c + 1) : c));
        }
        Refused(options, TrainingFixture.View(rows), nameof(options.CheckpointPath));
    }

    [Fact]
    public void Fit_CheckpointBeyondTheSteps_SaysBoth()
    {
        var options = TrainingFixture.Options(steps: 4, checkpoint: Checkpoint);
        var data = TrainingFixture.View(TrainingFixture.Rows());
        new ClipContrastiveTrainer("Image", "Caption", options).Train(data).Dispose();

        Refused(options with { Steps = 2, WarmupSteps = options.WarmupSteps }, data, "it has done 4 steps, more than Steps, 2");
    }

    [Fact]
    public void Fit_TokenizerOfAnotherLength_IsToldBeforeAnyRowIsRead()
    {
        var options = TrainingFixture.Options(steps: 2);
        var data = TrainingFixture.View(TrainingFixture.Rows());
        string exported = _directory.Combine("exported");
        using (var model = new ClipContrastiveTrainer("Image", "Caption", options).Train(data))
        {
            model.Export(exported);
        }
        var other = options with
        {
            TokenizerDirectory = exported,
            Architecture = options.Architecture with { ContextLength = options.Architecture.ContextLength - 1 },
        };

        // The column does not exist, but the tokenizer is looked at first.
        var error = Assert.Throws<ArgumentException>(() => new ClipContrastiveTrainer("Nothing", "Caption", other).Train(data));

        Assert.Contains($"for texts of {options.Architecture.ContextLength} tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains($"for {other.Architecture.ContextLength}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_DisposedModel_SaysThatItIsDisposed()
    {
        var model = new ClipContrastiveTrainer("Image", "Caption", TrainingFixture.Options(steps: 1)).Train(TrainingFixture.View(TrainingFixture.Rows()));
        model.Dispose();

        Assert.Throws<ObjectDisposedException>(() => model.Export(_directory.Combine("x")));
        Assert.Throws<ObjectDisposedException>(() => model.CreateClipModel());
        Assert.Throws<ObjectDisposedException>(() => model.LogitScale);
        Assert.False(Directory.Exists(_directory.Combine("x")));
    }

    private static void Refused(ClipContrastiveTrainer.Options options, IDataView data, params string[] parts)
    {
        string message = Assert.Throws<ClipTrainingException>(() => new ClipContrastiveTrainer("Image", "Caption", options).Train(data)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
