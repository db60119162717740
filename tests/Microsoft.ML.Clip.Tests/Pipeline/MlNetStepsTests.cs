using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Clip.Tests;

/// <summary>CLIP steps among ML.NET's own: loaders before them, trainers, caches and cross-validation behind them.</summary>
public sealed class MlNetStepsTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private MLContext ML => fixture.ML;

    private string Folder => Path.GetDirectoryName(fixture.Rows[0].Path)!;

    private IDataView Names => ML.Data.LoadFromEnumerable(fixture.Rows.Select((r, i) => new StepRow { Path = Path.GetFileName(r.Path), Number = i % 3 }));

    [Fact]
    public void LoadImages_BeforeAnEmbedding_GivesWhatThePathGives()
    {
        var view = ML.Transforms.LoadImages("Image_", Folder, "Path").Append(ML.Transforms.ClipImageEmbedding("Features", "Image_", fixture.Model)).Fit(Names).Transform(Names);

        Equal(FromPaths(), view.GetColumnOf("Features"));
    }

    [Fact]
    public void LoadRawImageBytes_BeforeAnEmbedding_GivesWhatThePathGives()
    {
        var view = ML.Transforms.LoadRawImageBytes("Bytes_", Folder, "Path").Append(ML.Transforms.ClipImageEmbedding("Features", "Bytes_", fixture.Model)).Fit(Names).Transform(Names);

        Equal(FromPaths(), view.GetColumnOf("Features"));
    }

    [Fact]
    public void StockTrainer_BehindAnEmbedding_TrainsEvaluatesSavesAndPredicts()
    {
        var pipeline = ML.Transforms.Conversion.MapValueToKey("Label", "Number")
            .Append(ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { ImageFolder = Folder }))
            .AppendCacheCheckpoint(ML)
            .Append(ML.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
                new LbfgsMaximumEntropyMulticlassTrainer.Options { MaximumNumberOfIterations = 20 }));
        var model = pipeline.Fit(Names);
        string file = fixture.TemporaryFile("chain.zip");
        ML.Model.Save(model, Names.Schema, file);

        var loaded = ML.Model.Load(file, out _);

        Assert.Equal(model.Transform(Names).GetColumnOf("Score"), loaded.Transform(Names).GetColumnOf("Score"));
        Assert.InRange(ML.MulticlassClassification.Evaluate(model.Transform(Names)).MicroAccuracy, 0, 1);
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void CrossValidate_OverAnEmbedding_RunsEveryFold()
    {
        var pipeline = ML.Transforms.Conversion.MapValueToKey("Label", "Number")
            .Append(ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { ImageFolder = Folder }))
            .Append(ML.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 2));

        var folds = ML.MulticlassClassification.CrossValidate(Names, pipeline, numberOfFolds: 2);

        Assert.Equal(2, folds.Count);
        Assert.Equal(StepFixture.RowCount, folds.Sum(f => f.ScoredHoldOutSet.GetColumn<uint>("PredictedLabel").Count()));
    }

    [Fact]
    public void Filters_BehindAnEmbedding_SeeTheRightRows()
    {
        var view = ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { ImageFolder = Folder, BatchSize = 4 }).Fit(Names).Transform(Names);

        float[][] all = FromPaths(), some = ML.Data.SkipRows(ML.Data.TakeRows(view, 9), 5).GetColumnOf("Features");

        Equal(all[5..9], some);
    }

    private float[][] FromPaths() =>
        ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { ImageFolder = Folder }).Fit(Names).Transform(Names).GetColumnOf("Features");

    private static void Equal(float[][] expected, float[][] actual) =>
        Tolerances.Close(expected.SelectMany(e => e).ToArray(), actual.SelectMany(a => a).ToArray(), Tolerances.BatchSize);
}
