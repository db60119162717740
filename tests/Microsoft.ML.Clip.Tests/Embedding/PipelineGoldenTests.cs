namespace Microsoft.ML.Clip.Tests;

/// <summary>From image files and class names to probabilities, through the pipeline as a user writes it, against OpenAI's own PyTorch code.</summary>
public sealed class PipelineGoldenTests
{
    public static TheoryData<string> Models => GoldenEncoderTests.Models;

    [Theory, MemberData(nameof(Models))]
    public void ClipImageEmbedding_FixtureFiles_GivesTheReferenceEmbeddings(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);
        var (ml, data) = (new MLContext(), Images(expected));

        var view = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { BatchSize = 5 }).Fit(data).Transform(data);
        var raw = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, new() { Normalize = false }).Fit(data).Transform(data);

        Close(expected.Images.Select(i => i.Normalized), view.GetColumnOf("Features"), Tolerances.NormalizedEmbedding);
        Close(expected.Images.Select(i => i.Embedding), raw.GetColumnOf("Features"), Tolerances.Embedding);
    }

    [Theory, MemberData(nameof(Models))]
    public void ClipTextEmbedding_FixtureTexts_GivesTheReferenceEmbeddings(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(expected.Texts.Select(t => new StepRow { Text = t.Text }));

        var view = ml.Transforms.ClipTextEmbedding("Features", "Text", clip, new() { BatchSize = 5 }).Fit(data).Transform(data);

        Close(expected.Texts.Select(t => t.Normalized), view.GetColumnOf("Features"), Tolerances.NormalizedEmbedding);
    }

    [Theory, MemberData(nameof(Models))]
    public void ClipZeroShotClassification_OneTemplateAndAnEnsemble_GivesTheReferenceProbabilities(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);
        var zeroShot = expected.ZeroShot;
        foreach (var (templates, probabilities) in ((string[], float[][])[])[([zeroShot.SingleTemplate], zeroShot.ProbsSingle),
            (zeroShot.Templates, zeroShot.ProbsEnsemble)])
        {
            var (ml, data) = (new MLContext(), Images(expected));
            var fitted = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
                .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, zeroShot.Labels, templates)).Fit(data);

            Close(probabilities, fitted.Transform(data).GetColumnOf("Score"), Tolerances.Probability);
        }
    }

    // The reference is OpenAI's code: its order of cropping and conversion, and its cleaning of texts.
    private static ClipModel Load(string model, ExpectedModel expected) => ClipModel.Load(SharedFolder.Require($"fixtures/models/{model}"), new()
    {
        LogitScale = model.EndsWith("-immich", StringComparison.Ordinal) ? expected.LogitScale : null,
        Preprocessing = new() { Convention = ClipImageConvention.OpenAI },
        Tokenizer = new() { Cleaning = ClipTextCleaning.OpenAI },
    });

    private static IDataView Images(ExpectedModel expected) =>
        new MLContext().Data.LoadFromEnumerable(expected.Images.Select(i => new StepRow { Path = ImagingFixture.PathOf(i.File) }));

    private static void Close(IEnumerable<float[]> expected, float[][] actual, float tolerance) =>
        Tolerances.Close(expected.SelectMany(e => e).ToArray(), actual.SelectMany(a => a).ToArray(), tolerance);
}
