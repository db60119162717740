using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Where exp(t) comes from, in order of authority.</summary>
public sealed class LogitScaleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void LogitScale_CombinedGraph_IsReadFromItEvenIfOnlyTowersAreUsed()
    {
        TinyClip.WriteTo(_directory, new() { Combined = true, LogitScale = 37 });
        TinyClip.WriteTo(_directory, new() { RecordedLogitScale = "12" });
        using var clip = ClipModel.Load(_directory);

        Assert.Equal(37f, clip.LogitScale, 1e-4f);
    }

    [Fact]
    public void LogitScale_Recorded_IsTaken()
    {
        TinyClip.WriteTo(_directory, new() { RecordedLogitScale = "12.5" });
        using var clip = ClipModel.Load(_directory);

        Assert.Equal(12.5f, clip.LogitScale);
    }

    [Fact]
    public void LogitScale_InConfiguration_IsTakenAndTheInitialValueIsNot()
    {
        TinyClip.WriteTo(_directory);
        string path = _directory.Combine("config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json["logit_scale"] = 61.5;
        File.WriteAllText(path, json.ToJsonString());
        using var clip = ClipModel.Load(_directory);

        Assert.Equal(61.5f, clip.LogitScale);
    }

    [Theory]
    [InlineData("\"61\""), InlineData("0"), InlineData("-1"), InlineData("1e39"), InlineData("[1]")]
    public void LogitScale_InConfigurationNonsense_NamesFileAndProperty(string recorded)
    {
        TinyClip.WriteTo(_directory);
        _directory.Write("open_clip_config.json", $$"""{ "logit_scale": {{recorded}} }""");
        using var clip = ClipModel.Load(_directory);

        string message = Assert.Throws<InvalidDataException>(() => clip.LogitScale).Message;

        Assert.StartsWith("'open_clip_config.json' in ", message, StringComparison.Ordinal);
        Assert.EndsWith($": property 'logit_scale' must be a positive number, exp(t), but is {recorded}.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogitScale_Unknown_Is100WithAWarning()
    {
        TinyClip.WriteTo(_directory);
        using var clip = ClipModel.Load(_directory);
        var messages = new List<ClipModelMessage>();
        clip.Message += (_, m) => messages.Add(m);

        Assert.Equal(100f, clip.LogitScale);
        Assert.Equal(100f, clip.LogitScale);

        var warning = Assert.Single(messages, m => m.Kind == ClipModelMessageKind.Warning);
        Assert.Contains("Taking 100", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void LogitScale_Option_Wins()
    {
        TinyClip.WriteTo(_directory, new() { Combined = true, LogitScale = 37 });
        using var clip = ClipModel.Load(_directory, new() { LogitScale = 5 });

        Assert.Equal(5f, clip.LogitScale);
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Load(_directory, new() { LogitScale = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipModel.Load(_directory, new() { LogitScale = float.NaN }));
    }

    [Theory]
    [InlineData("no number")]
    [InlineData("-3")]
    [InlineData("NaN")]
    public void LogitScale_RecordedNonsense_NamesTheFile(string recorded)
    {
        TinyClip.WriteTo(_directory, new() { RecordedLogitScale = recorded });
        using var clip = ClipModel.Load(_directory);

        string message = Assert.Throws<InvalidDataException>(() => clip.LogitScale).Message;

        Assert.Contains("vision_model.onnx", message, StringComparison.Ordinal);
        Assert.Contains($"'{recorded}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogitScale_OfACombinedModel_SurvivesSavingOneTower()
    {
        TinyClip.WriteTo(_directory, new() { Combined = true, LogitScale = 3 });
        using var clip = ClipModel.Load(_directory);
        var ml = new MLContext();
        string[] paths = TestImages.Write(Directory.CreateDirectory(_directory.Combine("images")).FullName, 3);
        var data = ml.Data.LoadFromEnumerable(paths.Select(p => new StepRow { Path = p }));
        var model = ml.Transforms.ClipZeroShotClassification("Path", clip, ["cat", "dog"]).Fit(data);
        ml.Model.Save(model, data.Schema, _directory.Combine("model.zip"));

        var loaded = new MLContext().Model.Load(_directory.Combine("model.zip"), out _);

        Assert.Equal(model.Transform(data).GetColumnOf("Score"), loaded.Transform(data).GetColumnOf("Score"));
        (loaded as IDisposable)?.Dispose();
    }
}
