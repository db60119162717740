using System.Runtime.InteropServices;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>From a directory as Hugging Face publishes it to a model that loads, in one call.</summary>
public sealed class ConvertTests : IDisposable
{
    private const string Graphs = "onnx/vision_model.onnx onnx/text_model.onnx";

    private readonly TemporaryDirectory _directory = new();

    private string Source => _directory.Combine("released");

    private string Output => _directory.Combine("converted");

    public void Dispose() => _directory.Dispose();

    /// <summary>The embeddings are those of OpenAI's own PyTorch code.</summary>
    [Fact]
    public void Convert_AReleasedModel_EmbedsAsOpenAIsCode()
    {
        var expected = ExpectedModel.Load("tiny-vit");
        string fixture = SharedFolder.Require("fixtures/models/tiny-vit");
        CopySettings(fixture);
        FixtureWeights.Write("tiny-vit", Path.Combine(Source, "model.safetensors"));

        ClipOnnxExporter.Convert(Source, Output);

        using var clip = ClipModel.Load(Output);
        Assert.Equal(expected.LogitScale, clip.LogitScale, 1e-4f * expected.LogitScale);
        // The fixture has OpenAI's ids, which differ from Hugging Face's in texts that ftfy mends.
        var texts = expected.Texts.Where(t => clip.Tokenizer.EncodeToIds(t.Text).SequenceEqual(t.Ids.Take(Array.IndexOf(t.Ids, 49407) + 1))).ToArray();
        Assert.True(texts.Length > expected.Texts.Length / 2);
        Tolerances.Close([.. texts.SelectMany(t => t.Normalized)], [.. clip.EncodeTexts([.. texts.Select(t => t.Text)]).SelectMany(t => t)],
            Tolerances.Embedding, "text");
        using var images = new OnnxRun(Path.Combine(Output, "onnx", "vision_model.onnx"));
        float[] embeddings = images.Run(expected.PixelValues("tiny-vit"), [expected.Images.Length, 3, expected.ImageSize, expected.ImageSize], "image_embeds")[0];
        Tolerances.Close([.. expected.Images.SelectMany(i => i.Embedding)], embeddings, Tolerances.Embedding, "image");
    }

    [Fact]
    public void Convert_CopiesWhatBelongsToTheModel()
    {
        Release("F32");
        File.WriteAllText(Path.Combine(Source, "preprocessor_config.json"), """{ "image_mean": [0.5, 0.5, 0.5], "size": 32, "crop_size": 32, "remark": "kept" }""");
        File.WriteAllText(Path.Combine(Source, "README.md"), "");

        ClipOnnxExporter.Convert(Source, Output, new() { Precision = ClipWeightPrecision.Float16, Variant = "fp16" });

        Assert.Equal(["config.json", "merges.txt", "onnx/text_model_fp16.onnx", "onnx/vision_model_fp16.onnx", "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"],
            Names(Output));
        foreach (string name in Names(Output).Where(n => !n.EndsWith(".onnx", StringComparison.Ordinal)))
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(Source, name)), File.ReadAllBytes(Path.Combine(Output, name)));
        }
        using var clip = ClipModel.Load(Output);
        Assert.Equal(2, clip.EncodeTexts(["red fox", "school bus"]).Length);
    }

    [Theory]
    [InlineData("F16", false)]
    [InlineData("BF16", false)]
    [InlineData("F64", false)]
    [InlineData("F32", true)]
    [InlineData("F16", true)]
    public void Convert_HalfPrecisionAndShards_GiveTheGraphsOfTheSameNumbers(string type, bool sharded)
    {
        Release(type, sharded);
        ClipOnnxExporter.Convert(Source, Output);
        Directory.Delete(Source, recursive: true);
        Release("F32", sharded: false, type);
        ClipOnnxExporter.Convert(Source, _directory.Combine("expected"));

        foreach (string name in Graphs.Split(' '))
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(_directory.Combine("expected"), name)), File.ReadAllBytes(Path.Combine(Output, name)));
        }
    }

    [Fact]
    public void Convert_IntoItself_AddsTheGraphs()
    {
        Release("F32");
        string[] before = Names(Source);

        ClipOnnxExporter.Convert(Source, Source);

        Assert.Equal([.. before.Concat(Graphs.Split(' ')).Order(StringComparer.Ordinal)], Names(Source));
        using var clip = ClipModel.Load(Source);
        Assert.Equal(17f, clip.LogitScale, 1e-4f);
    }

    [Fact]
    public void Convert_ThenAPipeline_GivesTheSameRowsInAFreshProcess()
    {
        Release("F16");
        ClipOnnxExporter.Convert(Source, Output);
        string[] paths = TestImages.Write(_directory, 3);
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(paths.Select(path => new { Path = path }));
        string saved = _directory.Combine("saved.zip");
        float[][] expected;
        using (var clip = ClipModel.Load(Output))
        {
            var chain = ml.Transforms.ClipImageEmbedding("Features", "Path", clip).Fit(data);
            expected = chain.Transform(data).GetColumnOf("Features");
            ml.Model.Save(chain, data.Schema, saved);
        }
        Directory.Delete(Output, recursive: true);

        Assert.Equal(expected, Processes.Predict(saved, "Path", "Features", paths));
    }

    [Theory]
    [InlineData("siglip", "the model is SigLIP ('siglip'); only weights of CLIP ('clip') are read")]
    [InlineData("chinese_clip", "Chinese CLIP ('chinese_clip')")]
    [InlineData("clip_vision_model", "the image tower of CLIP alone")]
    [InlineData("bert", "the model is 'bert'")]
    public void Convert_AnotherKindOfModel_IsNamed(string kind, string expected)
    {
        Release("F32");
        Configure(config => config["model_type"] = kind);

        string message = Assert.Throws<NotSupportedException>(() => ClipOnnxExporter.Convert(Source, Output)).Message;

        Assert.Contains(Path.Combine(Source, "config.json"), message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public void Convert_TowersThatDifferInWhatIsOneHere_AreRefused()
    {
        Release("F32");
        Configure(config => config["text_config"]!["hidden_act"] = "gelu");
        Assert.Contains("QuickGelu for the image tower and Gelu for the text tower", Assert.Throws<NotSupportedException>(() => ClipOnnxExporter.Convert(Source, Output)).Message, StringComparison.Ordinal);

        Configure(config => config["text_config"]!["layer_norm_eps"] = 1e-6);
        Assert.Contains("'text_config.layer_norm_eps' must be 1e-5", Assert.Throws<InvalidDataException>(() => ClipOnnxExporter.Convert(Source, Output)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "It holds 'pytorch_model.bin', a Python pickle, which is not read as it may run code: save it as safetensors")]
    [InlineData("open_clip_pytorch_model.bin", "It holds 'open_clip_pytorch_model.bin'")]
    [InlineData("weights.bin", "looked for model.safetensors, model.safetensors.index.json, open_clip_model.safetensors.")]
    public void Convert_WithoutSafetensors_SaysWhatToDo(string file, string expected)
    {
        Directory.CreateDirectory(Source);
        File.WriteAllText(Path.Combine(Source, file), "");

        Assert.Contains(expected, Assert.Throws<FileNotFoundException>(() => ClipOnnxExporter.Convert(Source, Output)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_WithoutATokenizerOrADirectory_SaysSo()
    {
        Release("F32");
        foreach (string name in new[] { "tokenizer.json", "vocab.json", "merges.txt" })
        {
            File.Delete(Path.Combine(Source, name));
        }

        Assert.Contains(Source, Assert.Throws<FileNotFoundException>(() => ClipOnnxExporter.Convert(Source, Output)).Message, StringComparison.Ordinal);
        string message = Assert.Throws<DirectoryNotFoundException>(() => ClipOnnxExporter.Convert(_directory.Combine("nowhere"), Output)).Message;
        Assert.Contains("nowhere", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Output));
    }

    /// <summary>Writes a small model as it would be published.</summary>
    /// <param name="type">The element type in the file.</param>
    /// <param name="sharded">Whether an index lists two files.</param>
    /// <param name="rounding">The type to whose numbers values are rounded.</param>
    private void Release(string type, bool sharded = false, string? rounding = null)
    {
        using var model = new ExportedModel(ExportedModel.Architectures["ViT, QuickGELU"]);
        model.Export(Source);
        Directory.Delete(Path.Combine(Source, "onnx"), recursive: true);
        string file = Path.Combine(Source, "model.safetensors");
        ClipWeights.Save(file, model.Architecture, model.Weights, ClipWeightNames.HuggingFace);
        var tensors = SafetensorsFiles.Open(file).Entries.Values.Select(e => (e.Name, Type: type, Shape: e.Shape.Select(s => (int)s).ToArray(),
            Values: Bytes(type, Round(rounding ?? type, SafetensorsFiles.Read(e))))).ToArray();
        if (!sharded)
        {
            File.WriteAllBytes(file, SafetensorsBytes.File(tensors));
            return;
        }
        File.Delete(file);
        var map = new Dictionary<string, string>();
        foreach (var half in tensors.Chunk((tensors.Length + 1) / 2))
        {
            string name = $"model-{half[0].Name.Length:D5}-of-00002.safetensors";
            File.WriteAllBytes(Path.Combine(Source, name), SafetensorsBytes.File(half));
            half.ToList().ForEach(t => map.Add(t.Name, name));
        }
        Assert.Equal(2, map.Values.Distinct().Count());
        File.WriteAllText(file + ".index.json", JsonSerializer.Serialize(new { metadata = new { total_size = 1 }, weight_map = map }));
    }

    private void CopySettings(string from)
    {
        Directory.CreateDirectory(Source);
        foreach (string file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(Source, Path.GetFileName(file)));
        }
    }

    private void Configure(Action<System.Text.Json.Nodes.JsonNode> change)
    {
        string path = Path.Combine(Source, "config.json");
        var config = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!;
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    private static string[] Names(string directory) => [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(directory, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static float[] Round(string type, float[] values) => type switch
    {
        "F16" => Array.ConvertAll(values, v => (float)(Half)v),
        "BF16" => Array.ConvertAll(values, v => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(v) & 0xFFFF0000)),
        _ => values,
    };

    private static byte[] Bytes(string type, float[] values) => type switch
    {
        "F16" => MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (Half)v).AsSpan()).ToArray(),
        "BF16" => MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).AsSpan()).ToArray(),
        "F64" => MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (double)v).AsSpan()).ToArray(),
        _ => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
    };
}
