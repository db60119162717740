using System.IO.Compression;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a saved pipeline holds, and what it says when that is damaged.</summary>
public sealed class PersistenceTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    [Theory]
    [InlineData("Image Path")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Path")]
    public void Load_InAFreshProcess_GivesTheSameRows(string step)
    {
        var transformer = fixture.Create(step).Fit(fixture.Data);
        string file = Save(transformer);
        var values = fixture.Rows.Select(r => step == "Text Text" ? r.Text : r.Path);

        float[][] fresh = Processes.Predict(file, StepFixture.InputOf(step), StepFixture.OutputOf(step), values);

        Assert.Equal(fixture.Run(transformer, step), fresh);
    }

    [Fact]
    public void Load_ChainInAFreshProcess_GivesTheSameRows()
    {
        var chain = Chain().Fit(fixture.Data);
        string file = Save(chain);
        var expected = chain.Transform(fixture.Data);

        float[][] scores = Processes.Predict(file, "Path", "Score", fixture.Rows.Select(r => r.Path));

        Assert.Equal(expected.GetColumnOf("Score"), scores);
    }

    [Fact]
    public void Save_TwoStepsOfOneModel_StoreItOnce()
    {
        var ml = fixture.ML;
        var one = ml.Transforms.ClipImageEmbedding("Output", "Path", fixture.Model).Fit(fixture.Data);
        var two = ml.Transforms.ClipImageEmbedding("Output", "Path", fixture.Model)
            .Append(ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { Features = ClipFeatures.Encoder })).Fit(fixture.Data);

        Assert.Equal(StoredFiles(Save(one)), StoredFiles(Save(two)));
        Assert.NotEmpty(StoredFiles(Save(one)));
    }

    [Fact]
    public void Save_ZeroShotOnEmbeddings_StoresNoEncoder()
    {
        var zeroShot = fixture.Create("ZeroShot Embedding").Fit(fixture.Data);

        Assert.Empty(StoredFiles(Save(zeroShot)));
    }

    [Fact]
    public void Save_ImageStep_StoresNoTextEncoderOrTokenizer()
    {
        string[] stored = StoredFiles(Save(fixture.Create("Image Path").Fit(fixture.Data)));

        long textTower = new FileInfo(Path.Combine(fixture.ModelDirectory, "onnx", "text_model.onnx")).Length;
        Assert.NotEmpty(stored);
        Assert.DoesNotContain(stored, s => s.EndsWith($" {textTower}", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_StoredFileWasChanged_SaysWhich()
    {
        string file = Save(fixture.Create("Image Path").Fit(fixture.Data));
        using (var archive = ZipFile.Open(file, ZipArchiveMode.Update))
        {
            var entry = archive.Entries.Where(e => e.FullName.Contains("ClipModelFiles", StringComparison.Ordinal)).MaxBy(e => e.Length)!;
            using var stream = entry.Open();
            stream.Position = 100;
            stream.WriteByte(0xEE);
        }

        var error = Assert.ThrowsAny<Exception>(() => fixture.ML.Model.Load(file, out _));

        Assert.Contains("'onnx/vision_model.onnx' in the saved model is damaged", AllMessages(error), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ByReference_FindsTheDirectoryAndChecksIt()
    {
        using var directory = new TemporaryDirectory();
        string modelDirectory = TinyClip.WriteTo(directory.Combine("model"));
        using var model = ClipModel.Load(modelDirectory, new() { Storage = ClipModelStorage.Reference });
        var transformer = fixture.Create("Image Path", model: model).Fit(fixture.Data);
        string file = Save(transformer);

        Assert.Empty(StoredFiles(file));
        using (var loaded = (IDisposable)fixture.ML.Model.Load(file, out _))
        {
            Assert.Equal(fixture.Run(transformer, "Image Path"), fixture.Run((ITransformer)loaded, "Image Path"));
        }

        string tower = Path.Combine(modelDirectory, "onnx", "vision_model.onnx");
        File.AppendAllText(tower, "x");
        var changed = Assert.ThrowsAny<Exception>(() => fixture.ML.Model.Load(file, out _));
        Assert.Contains("is not the one that was saved: its SHA-256 was", AllMessages(changed), StringComparison.Ordinal);

        File.Delete(tower);
        var missing = Assert.ThrowsAny<Exception>(() => fixture.ML.Model.Load(file, out _));
        Assert.Contains("'onnx/vision_model.onnx'", AllMessages(missing), StringComparison.Ordinal);

        Directory.Delete(modelDirectory, recursive: true);
        var gone = Assert.ThrowsAny<Exception>(() => fixture.ML.Model.Load(file, out _));
        Assert.Contains($"'{modelDirectory}', which is not there", AllMessages(gone), StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_OneOfTwoStepsThatShareALoadedModel_LeavesTheOther()
    {
        var ml = fixture.ML;
        var chain = ml.Transforms.ClipImageEmbedding("Output", "Path", fixture.Model)
            .Append(ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model)).Fit(fixture.Data);
        var loaded = (Microsoft.ML.Data.TransformerChain<ITransformer>)ml.Model.Load(Save(chain), out _);
        var steps = loaded.Cast<ClipImageEmbeddingTransformer>().ToArray();

        steps[0].Dispose();
        steps[0].Dispose();

        Assert.Equal(StepFixture.RowCount, steps[1].Transform(fixture.Data).GetColumnOf("Features").Length);
        steps[1].Dispose();
        Assert.ThrowsAny<ObjectDisposedException>(() => steps[1].Transform(fixture.Data).GetColumnOf("Features"));
    }

    [Fact]
    public void Dispose_FittedTransformer_LeavesTheCallersModel()
    {
        var transformer = fixture.Create("Image Path").Fit(fixture.Data);

        ((IDisposable)transformer).Dispose();

        Assert.Equal(StepFixture.RowCount, fixture.Run(fixture.Create("Image Path").Fit(fixture.Data), "Image Path").Length);
    }

    private IEstimator<ITransformer> Chain() => fixture.ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model)
        .Append(fixture.ML.Transforms.ClipZeroShotClassification("Features", fixture.Model, ["cat", "dog"]));

    private string Save(ITransformer transformer)
    {
        string file = fixture.TemporaryFile("saved.zip");
        fixture.ML.Model.Save(transformer, fixture.Data.Schema, file);
        return file;
    }

    private static string[] StoredFiles(string file)
    {
        using var archive = ZipFile.OpenRead(file);
        return [.. archive.Entries.Where(e => e.FullName.Contains("ClipModelFiles", StringComparison.Ordinal)).Select(e => $"{e.FullName} {e.Length}").Order()];
    }

    private static string AllMessages(Exception? error) => error is null ? "" : error.Message + "\n" + AllMessages(error.InnerException);
}
