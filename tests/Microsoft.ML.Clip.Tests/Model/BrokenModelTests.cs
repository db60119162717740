using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Models that cannot be used: what is said, and that it is said on loading, before any row is read.</summary>
public sealed class BrokenModelTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_NoModel_SaysWhatWasLookedForAndFound()
    {
        Fails<DirectoryNotFoundException>(_directory.Combine("nowhere"), "There is no CLIP model directory", "nowhere");
        File.WriteAllText(_directory.Combine("model.onnx"), "");
        Fails<DirectoryNotFoundException>(_directory.Combine("model.onnx"), "is a file");
        string empty = Directory.CreateDirectory(_directory.Combine("empty")).FullName;
        Fails<FileNotFoundException>(empty, "onnx/vision_model.onnx", "It holds no files");
        File.WriteAllText(Path.Combine(empty, "pytorch_model.bin"), "x");
        Fails<FileNotFoundException>(empty, "It holds pytorch_model.bin");
        Assert.ThrowsAny<ArgumentException>(() => ClipModel.Load(" "));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("noise")]
    [InlineData("truncated")]
    public void Load_BrokenOnnxFile_NamesIt(string kind)
    {
        TinyClip.WriteTo(_directory);
        string path = _directory.Combine("onnx/vision_model.onnx");
        byte[] good = File.ReadAllBytes(path), noise = new byte[300];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(path, kind switch { "empty" => [], "text" => "<html>404: Not Found</html>"u8.ToArray(), "noise" => noise, _ => good[..(good.Length / 2)] });

        Fails<InvalidDataException>(_directory, "'onnx/vision_model.onnx'");
    }

    [Fact]
    public void Load_GitLfsPointer_SaysThatTheWeightsWereNotFetched()
    {
        TinyClip.WriteTo(_directory);
        File.WriteAllText(_directory.Combine("onnx/text_model.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 254000000\n");

        Fails<InvalidDataException>(_directory, "'onnx/text_model.onnx'");
    }

    [Fact]
    public void Load_TruncationAtAnyByte_FailsOrGivesAWorkingModel()
    {
        TinyClip.WriteTo(_directory, new() { WithTextTower = false, WithTokenizer = false });
        string path = _directory.Combine("onnx/vision_model.onnx");
        byte[] good = File.ReadAllBytes(path);
        for (int length = 0; length < good.Length; length += 1 + (good.Length / 40))
        {
            File.WriteAllBytes(path, good[..length]);
            Assert.ThrowsAny<Exception>(() =>
            {
                using var clip = ClipModel.Load(_directory);
                clip.EncodePixels(Rows.Of(new float[3 * 8 * 8], 1), ClipFeatures.JointEmbedding, true, Rows.Of(new float[6], 1));
            });
        }
    }

    [Fact]
    public void Load_TowersOfDifferentWidths_SaysBoth()
    {
        TinyClip.WriteTo(_directory, new() { EmbeddingDimension = 6, TextEmbeddingDimension = 5 });

        Fails<InvalidDataException>(_directory, "do not belong together", "embeddings of 6 values", "of 5");
    }

    [Fact]
    public void Load_PreprocessingOfAnotherSize_SaysBoth()
    {
        TinyClip.WriteTo(_directory);
        Edit("preprocessor_config.json", json => json["crop_size"] = 16);

        Fails<InvalidDataException>(_directory, "16 x 16", "takes 8 x 8");
    }

    [Fact]
    public void Load_MissingExternalData_NamesTheFile()
    {
        TinyClip.WriteTo(_directory, new() { ExternalData = true });
        File.Delete(_directory.Combine("onnx/text_model.onnx_data"));

        Fails<FileNotFoundException>(_directory, "'onnx/text_model.onnx_data'", "missing");
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("C:/Windows/win.ini")]
    [InlineData("a/../../../b")]
    [InlineData("..\\..\\secret")]
    [InlineData("")]
    public void Load_ExternalDataElsewhere_IsRefused(string location)
    {
        TinyClip.WriteTo(_directory, new() { ExternalData = true, ExternalDataLocation = location });

        Fails<InvalidDataException>(_directory, "is not opened");
    }

    [Theory]
    [InlineData("config.json", "{")]
    [InlineData("preprocessor_config.json", "[1, 2]")]
    [InlineData("preprocessor_config.json", "not JSON")]
    public void Load_BrokenConfiguration_NamesTheFile(string name, string content)
    {
        TinyClip.WriteTo(_directory);
        File.WriteAllText(_directory.Combine(name), content);

        Fails<Exception>(_directory, $"'{name}'");
    }

    [Fact]
    public void Load_PathTricksInConfiguration_ReadNothingOutsideTheModel()
    {
        // Names come from a listing of the directory, so a path in JSON is only ever text.
        TinyClip.WriteTo(_directory.Combine("model"));
        Edit("model/config.json", json => json["_name_or_path"] = "../../etc");
        Edit("model/tokenizer_config.json", json =>
        {
            json["vocab_file"] = "../../../etc/passwd";
            json["tokenizer_file"] = "/etc/passwd";
        });

        using var clip = ClipModel.Load(_directory.Combine("model"));

        Assert.Equal(6, clip.EncodeTexts(["a cat"])[0].Length);
    }

    [Fact]
    public void EncodeTexts_NoTokenizer_NamesTheFilesLookedFor()
    {
        TinyClip.WriteTo(_directory, new() { WithTokenizer = false });
        using var clip = ClipModel.Load(_directory);

        foreach (var use in (Action[])[() => clip.EncodeTexts(["a cat"]), () => new MLContext().Transforms.ClipTextEmbedding("A", "B", clip)])
        {
            string message = Assert.Throws<FileNotFoundException>(use).Message;
            Assert.Contains("tokenizer.json", message, StringComparison.Ordinal);
            Assert.Contains("merges.txt", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_UnknownVariant_ListsThoseThereAre()
    {
        TinyClip.WriteTo(_directory);
        TinyClip.WriteTo(_directory, new() { Suffix = "_fp16" });

        string message = Assert.Throws<FileNotFoundException>(() => ClipModel.Load(_directory, new() { Variant = "q4" })).Message;

        Assert.Contains("no variant 'q4'", message, StringComparison.Ordinal);
        Assert.Contains("'fp16'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0f, "zeros")]
    [InlineData(float.PositiveInfinity, "NaN")]
    public void Encode_WithoutUsableEmbedding_ThrowsAndNamesTheRow(float projectionScale, string found)
    {
        TinyClip.WriteTo(_directory, new() { ProjectionScale = projectionScale });
        using var clip = ClipModel.Load(_directory);

        var error = Assert.Throws<ClipEncodingException>(() => clip.EncodeTexts(["a cat", "a dog"]));

        Assert.Equal(0, error.Row);
        Assert.StartsWith("texts[0]: ", error.Message, StringComparison.Ordinal);
        Assert.True(error.Message.Contains(found, StringComparison.Ordinal) || error.Message.Contains('∞', StringComparison.Ordinal), error.Message);
    }

    private static void Fails<T>(string directory, params string[] parts)
        where T : Exception
    {
        var error = Assert.ThrowsAny<T>(() => ClipModel.Load(directory));
        foreach (string part in parts)
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private void Edit(string name, Action<JsonObject> change)
    {
        string path = _directory.Combine(name);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
