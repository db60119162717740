namespace Microsoft.ML.Clip.Tests;

public sealed class InfoCommandTests
{
    private static readonly string Tiny = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    [Fact]
    public void Run_OfADirectory_SaysWhatTheModelIs()
    {
        var info = ToolRun.Of("info", Tiny, "--hash", "--json").Expect(0).Json;

        using var clip = ClipModel.Load(Tiny);
        Assert.Equal("CLIP", info.GetProperty("family").GetString());
        Assert.Equal(clip.EmbeddingDimension, info.GetProperty("embeddingDimension").GetInt32());
        Assert.Equal(clip.ImageSize, info.GetProperty("imageSize").GetInt32());
        Assert.Equal(clip.ContextLength, info.GetProperty("contextLength").GetInt32());
        Assert.Equal(clip.LogitScale, info.GetProperty("logitScale").GetSingle());
        Assert.Equal(clip.ComputeContentHash(), info.GetProperty("contentHash").GetString());
        Assert.Equal("onnx/vision_model.onnx", info.GetProperty("images").GetString());
        Assert.StartsWith("byte pairs, 1,024 tokens", info.GetProperty("tokenizer").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("shorter edge to 80 (bicubic), centre 80 x 80", info.GetProperty("preprocessing").GetString(), StringComparison.Ordinal);
        Assert.Empty(info.GetProperty("warnings").EnumerateArray());
        Assert.Contains(info.GetProperty("files").EnumerateArray(), f => f.GetProperty("name").GetString() == "tokenizer.json" && f.GetProperty("bytes").GetInt64() > 0);
    }

    [Fact]
    public void Run_OfAnUnknownKindOfOneTower_Warns()
    {
        using var directory = new TemporaryDirectory();
        directory.Copy(Path.Combine(Tiny, "onnx", "vision_model.onnx"), "onnx/vision_model.onnx");
        directory.Copy(Path.Combine(Tiny, "preprocessor_config.json"), "preprocessor_config.json");
        directory.Write("config.json", """{ "model_type": "clip_of_tomorrow" }""");

        var info = ToolRun.Of("info", directory, "--json").Expect(0).Json;

        Assert.Null(info.GetProperty("texts").GetString());
        Assert.Null(info.GetProperty("tokenizer").GetString());
        Assert.Contains("clip_of_tomorrow", Assert.Single(info.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OnATerminal_IsAListToRead() => Assert.Contains("softmax of 24.0841", ToolRun.OnTerminal("info", "tiny").Expect(0).Out, StringComparison.Ordinal);
}
