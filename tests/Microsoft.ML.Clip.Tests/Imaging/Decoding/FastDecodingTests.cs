using System.Numerics.Tensors;
using Microsoft.ML.Clip.Benchmarks;

namespace Microsoft.ML.Clip.Tests;

/// <summary>How far apart the results are when a photograph of 12 megapixels is decoded in full and at reduced scale.</summary>
public sealed class FastDecodingTests
{
    /// <summary>Of pixel values after preprocessing, and of embeddings. docs/numerics.md gives what was measured.</summary>
    private const float LeastPixelCosine = 0.9995f, LeastEmbeddingCosine = 0.999f;

    [Fact]
    public void PreprocessEncoded_Fast_IsCloseToExact()
    {
        for (int seed = 0; seed < 4; seed++)
        {
            byte[] file = Photographs.Encode(4000, 3000, seed, noise: 11);

            float[] exact = Preprocess(file, ClipImageDecoding.Exact), fast = Preprocess(file, ClipImageDecoding.Fast);

            Assert.NotEqual(exact, fast);
            AssertClose(exact, fast, LeastPixelCosine, $"pixels, photograph {seed}");
        }
    }

    [Fact]
    public void EncodePixels_Fast_IsCloseToExact()
    {
        using var clip = ClipModel.Load(SharedFolder.Require("fixtures/models/tiny-vit"));
        for (int seed = 0; seed < 4; seed++)
        {
            byte[] file = Photographs.Encode(4000, 3000, seed, noise: 11);

            AssertClose(Encode(clip, Preprocess(file, ClipImageDecoding.Exact, clip.ImageSize)),
                Encode(clip, Preprocess(file, ClipImageDecoding.Fast, clip.ImageSize)),
                LeastEmbeddingCosine, $"embedding, photograph {seed}");
        }
    }

    [Fact]
    public void PreprocessEncoded_FastOnASmallFile_IsExact()
    {
        byte[] file = Photographs.Encode(500, 375, seed: 1);

        Assert.Equal(Preprocess(file, ClipImageDecoding.Exact), Preprocess(file, ClipImageDecoding.Fast));
    }

    private static float[] Preprocess(byte[] file, ClipImageDecoding decoding, int size = 224)
    {
        var preprocessor = ClipImagePreprocessor.Create(size, new() { Decoding = decoding });
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(file, values);
        return values;
    }

    private static float[] Encode(ClipModel clip, float[] pixels)
    {
        float[] embedding = new float[clip.EmbeddingDimension];
        clip.EncodePixels(Rows.Of(pixels, 1), ClipFeatures.JointEmbedding, true, Rows.Of(embedding, 1));
        return embedding;
    }

    private static void AssertClose(float[] a, float[] b, float least, string what)
    {
        float cosine = TensorPrimitives.CosineSimilarity<float>(a, b);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: cosine {cosine:F6}");
        Assert.True(cosine >= least, $"{what}: cosine {cosine:F6}");
    }
}
