using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

public sealed class ClipComputeTests
{
    /// <summary>What onnx 1.12 says of the same file: shapes by its own inference, for 80 pixels.</summary>
    [Fact]
    public void OfImages_TheSample_IsWhatShapesSay()
    {
        var compute = ClipCompute.OfImages(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip"));

        Assert.Equal((218_240_000 + 45_056, 4_855_936), (compute.MultiplyAdds, compute.Parameters));
        Assert.Equal(("Conv", 218_240_000), (compute.Operations[0].Operation, compute.Operations[0].MultiplyAdds));
        Assert.Equal(0.218285056, compute.GigaFlops);
        Assert.Empty(compute.Unknown);
    }

    [Fact]
    public void OfImages_AResNetWithAttentionPooling_IsWhatShapesSay()
    {
        var compute = ClipCompute.OfImages(SharedFolder.Require("fixtures/models/tiny-rn"));

        Assert.Equal((3_600_384 + 723_456 + 8_192, 333_436), (compute.MultiplyAdds, compute.Parameters));
        Assert.Empty(compute.Unknown);
    }

    /// <summary>Arithmetic of a vision transformer, which has the paper's 4.4 for ViT-B/32.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("-immich")]
    public void OfImages_AVisionTransformer_IsArithmetic(string layout)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(SharedFolder.Require("fixtures/models/tiny-vit/config.json")));
        var vision = file.RootElement.GetProperty("vision_config");
        var vit = new VisionTransformer(Get("image_size"), Get("patch_size"), Get("hidden_size"), Get("num_hidden_layers"), Get("intermediate_size"),
            file.RootElement.GetProperty("projection_dim").GetInt32());

        var compute = ClipCompute.OfImages(SharedFolder.Require("fixtures/models/tiny-vit" + layout));

        Assert.Equal((vit.MultiplyAdds, vit.Parameters), (compute.MultiplyAdds, compute.Parameters));
        Assert.Empty(compute.Unknown);
        Assert.Equal(4.4, new VisionTransformer(224, 32, 768, 12, 3072, 512).MultiplyAdds / 1e9, 0.05);
        // OpenAI's ViT-B/32: 151,277,313 parameters in all, of which 87,849,216 see images.
        Assert.Equal(87_849_216, new VisionTransformer(224, 32, 768, 12, 3072, 512).Parameters);

        int Get(string name) => vision.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("Gemm", new long[] { 2, 8 }, new long[] { 8, 5 }, new long[] { 2, 5 }, 80)]
    [InlineData("Conv", new long[] { 1, 8, 4, 4 }, new long[] { 6, 4, 3, 3 }, new long[] { 1, 6, 2, 2 }, 24 * 36)]
    [InlineData("ConvTranspose", new long[] { 1, 8, 4, 4 }, new long[] { 8, 3, 2, 2 }, new long[] { 1, 3, 8, 8 }, 128 * 12)]
    [InlineData("MatMulInteger", new long[] { 2, 3, 8 }, new long[] { 8, 5 }, new long[] { 2, 3, 5 }, 240)]
    [InlineData("Attention", new long[] { 1, 10, 8 }, new long[] { 8, 24 }, new long[] { 1, 10, 8 }, (10 * 8 * 24) + (2 * 10 * 10 * 8))]
    [InlineData("MultiHeadAttention", new long[] { 1, 4, 8 }, new long[] { 1, 10, 8 }, new long[] { 1, 4, 8 }, 2 * 4 * 10 * 8)]
    [InlineData("Add", new long[] { 4 }, new long[] { 4 }, new long[] { 4 }, 0)]
    public void Cost_OfAnOperation_WorkedByHand(string operation, long[] first, long[] second, long[] output, long cost) =>
        Assert.Equal(cost, OperationCost.MultiplyAdds(new(operation, [new("float", first), new("float", second)], [new("float", output)], 0)));

    [Fact]
    public void Count_AnOperationThatIsNotKnown_IsNamed()
    {
        using var profile = JsonDocument.Parse("""
            [
                { "cat": "Session", "name": "model_run", "args": {} },
                { "cat": "Node", "name": "a", "args": { "op_name": "Einsum", "parameter_size": "16",
                    "input_type_shape": [{"float":[2,2]},{"float":[2,2]}], "output_type_shape": [{"float":[2,2]}] } },
                { "cat": "Node", "name": "b", "args": { "op_name": "Gather", "parameter_size": "72",
                    "input_type_shape": [{"float":[4,4]},{"int64":[1]}], "output_type_shape": [{"float":[4]}] } }
            ]
            """);

        var compute = SessionProfile.Count(profile.RootElement)!;

        Assert.Equal(["Einsum"], compute.Unknown);
        Assert.Equal((0, 4 + 16), (compute.MultiplyAdds, compute.Parameters));
        Assert.Null(SessionProfile.Count(JsonDocument.Parse("[]").RootElement));
    }

    /// <summary>Patches, and for each layer projections, attention and the two products between.</summary>
    private sealed record VisionTransformer(long Size, long Patch, long Width, long Layers, long Inner, long Projection)
    {
        private long Patches => Size / Patch * (Size / Patch);

        private long Tokens => Patches + 1;

        public long MultiplyAdds => (Patches * Width * 3 * Patch * Patch) + (Width * Projection)
            + (Layers * ((4 * Tokens * Width * Width) + (2 * Tokens * Tokens * Width) + (2 * Tokens * Width * Inner)));

        public long Parameters => (Width * 3 * Patch * Patch) + Width + (Tokens * Width) + (2 * 2 * Width) + (Width * Projection)
            + (Layers * ((4 * Width * (Width + 1)) + (2 * Width * Inner) + Inner + Width + (2 * 2 * Width)));
    }
}
