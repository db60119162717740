using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The encoders against OpenAI's own PyTorch code, on the same pixel values and token ids.</summary>
public class GoldenEncoderTests
{
    public static TheoryData<string> Models => ["tiny-vit", "tiny-rn", "tiny-vit-immich", "tiny-rn-immich"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Load_FixtureModel_KnowsItsShape(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);

        Assert.Equal(expected.EmbedDim, clip.EmbeddingDimension);
        Assert.Equal(expected.ImageSize, clip.ImageSize);
        Assert.Equal(expected.ContextLength, clip.ContextLength);
        Assert.Equal(expected.LogitScale, clip.LogitScale, 1e-5f * expected.LogitScale);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodePixels_FixtureTensors_GivesTheReferenceEmbeddings(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);

        Close(expected.Images.Select(i => i.Normalized), Images(clip, expected, model, normalize: true), Tolerances.NormalizedEmbedding);
        Close(expected.Images.Select(i => i.Embedding), Images(clip, expected, model, normalize: false), Tolerances.Embedding);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTokens_FixtureIds_GivesTheReferenceEmbeddings(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);

        Close(expected.Texts.Select(t => t.Normalized), Texts(clip, expected, normalize: true), Tolerances.NormalizedEmbedding);
        Close(expected.Texts.Select(t => t.Embedding), Texts(clip, expected, normalize: false), Tolerances.Embedding);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeTokens_PaddedWithTheEndToken_GivesTheSameEmbeddings(string model)
    {
        // OpenAI pads with 0, Hugging Face with the end token: pooling at the first end token makes them equal.
        const int endOfText = 49407;
        var expected = ExpectedModel.Load(model);
        foreach (var text in expected.Texts)
        {
            text.Ids.AsSpan(text.Ids.IndexOf(endOfText)).Fill(endOfText);
        }
        using var clip = Load(model, expected);

        Close(expected.Texts.Select(t => t.Normalized), Texts(clip, expected, normalize: true), Tolerances.NormalizedEmbedding);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_OfFixtures_AndTheirProbabilities_AreTheReferences(string model)
    {
        var expected = ExpectedModel.Load(model);
        using var clip = Load(model, expected);
        float[] images = Images(clip, expected, model, normalize: true), texts = Texts(clip, expected, normalize: true);
        int d = clip.EmbeddingDimension;

        for (int i = 0; i < expected.Images.Length; i++)
        {
            float[] logits = [.. Enumerable.Range(0, expected.Texts.Length)
                .Select(t => clip.LogitScale * TensorPrimitives.Dot<float>(images.AsSpan(i * d, d), texts.AsSpan(t * d, d)))];
            Tolerances.Close(expected.LogitsPerImage[i], logits, Tolerances.Logit, $"logits of {expected.Images[i].File}");

            float[] powers = [.. logits.Select(l => MathF.Exp(l - logits.Max()))];
            Tolerances.Close(expected.ProbsPerImage[i], [.. powers.Select(p => p / powers.Sum())], Tolerances.Probability, $"probabilities of {expected.Images[i].File}");
        }
    }

    private static ClipModel Load(string model, ExpectedModel expected)
    {
        // immich's bundles hold no logit scale anywhere.
        float? scale = model.EndsWith("-immich", StringComparison.Ordinal) ? expected.LogitScale : null;
        return ClipModel.Load(SharedFolder.Require($"fixtures/models/{model}"), new() { LogitScale = scale });
    }

    private static float[] Images(ClipModel clip, ExpectedModel expected, string model, bool normalize)
    {
        float[] output = new float[expected.Images.Length * clip.EmbeddingDimension];
        clip.EncodePixels(Rows.Of(expected.PixelValues(model), expected.Images.Length), ClipFeatures.JointEmbedding, normalize,
            Rows.Of(output, expected.Images.Length));
        return output;
    }

    private static float[] Texts(ClipModel clip, ExpectedModel expected, bool normalize)
    {
        float[] output = new float[expected.Texts.Length * clip.EmbeddingDimension];
        clip.EncodeTokens(Rows.Of(expected.Texts.SelectMany(t => t.Ids).ToArray(), expected.Texts.Length), normalize, Rows.Of(output, expected.Texts.Length));
        return output;
    }

    private static void Close(IEnumerable<float[]> expected, float[] actual, float tolerance) =>
        Tolerances.Close(expected.SelectMany(e => e).ToArray(), actual, tolerance);
}
