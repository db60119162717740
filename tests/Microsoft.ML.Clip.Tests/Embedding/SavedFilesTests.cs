using System.IO.Compression;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Which of a model's files a saved pipeline carries: those that loading it again reads, and no other.</summary>
public sealed class SavedFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(), _work = new();
    private readonly MLContext _ml = new();

    /// <summary>Where files lie, and those that an image step, and a text step, carry; null if the model has no such tower.</summary>
    private static readonly Dictionary<string, (Action<TemporaryDirectory> Write, string? Image, string? Text)> Layouts = new()
    {
        ["Hugging Face, split"] = (d => TinyClip.WriteTo(d),
            "config.json onnx/vision_model.onnx preprocessor_config.json",
            "config.json onnx/text_model.onnx tokenizer.json tokenizer_config.json"),
        ["Hugging Face, combined"] = (d => TinyClip.WriteTo(d, new() { Combined = true }),
            "config.json onnx/model.onnx preprocessor_config.json",
            "config.json onnx/model.onnx tokenizer.json tokenizer_config.json"),
        // The combined graph tells the logit scale, which is saved as a number.
        ["split and combined"] = (d =>
        {
            TinyClip.WriteTo(d, new() { Combined = true });
            TinyClip.WriteTo(d);
        },
            "config.json onnx/vision_model.onnx preprocessor_config.json",
            "config.json onnx/text_model.onnx tokenizer.json tokenizer_config.json"),
        ["external data"] = (d => TinyClip.WriteTo(d, new() { ExternalData = true }),
            "config.json onnx/vision_model.onnx onnx/vision_model.onnx_data preprocessor_config.json",
            "config.json onnx/text_model.onnx onnx/text_model.onnx_data tokenizer.json tokenizer_config.json"),
        ["combined, external data"] = (d => TinyClip.WriteTo(d, new() { Combined = true, ExternalData = true }),
            "config.json onnx/model.onnx onnx/model.onnx_data preprocessor_config.json",
            "config.json onnx/model.onnx onnx/model.onnx_data tokenizer.json tokenizer_config.json"),
        ["one variant"] = (d => TinyClip.WriteTo(d, new() { Suffix = "_fp16" }),
            "config.json onnx/vision_model_fp16.onnx preprocessor_config.json",
            "config.json onnx/text_model_fp16.onnx tokenizer.json tokenizer_config.json"),
        ["image only"] = (d => TinyClip.WriteTo(d, new() { WithTextTower = false, WithTokenizer = false }),
            "config.json onnx/vision_model.onnx preprocessor_config.json",
            null),
        ["text only"] = (d => TinyClip.WriteTo(d, new() { WithImageTower = false }),
            null,
            "config.json onnx/text_model.onnx tokenizer.json tokenizer_config.json"),
        ["immich"] = (d => TinyClip.WriteTo(d, new() { Immich = true }),
            "config.json visual/model.onnx visual/preprocess_cfg.json",
            "config.json textual/model.onnx textual/tokenizer.json textual/tokenizer_config.json"),
        ["immich, external data"] = (d => TinyClip.WriteTo(d, new() { Immich = true, ExternalData = true }),
            "config.json visual/model.onnx visual/model.onnx_data visual/preprocess_cfg.json",
            "config.json textual/model.onnx textual/model.onnx_data textual/tokenizer.json textual/tokenizer_config.json"),
        // Whatever says what kind of model it is goes along, read or not: a later version may ask it for more.
        ["Hugging Face's and open_clip's configuration"] = (d =>
        {
            TinyClip.WriteTo(d);
            d.Write("open_clip_config.json", """{ "model_cfg": { "text_cfg": { "context_length": 16 } }, "preprocess_cfg": { "size": 8 } }""");
            d.Write("preprocess_cfg.json", """{ "size": 9 }""");
        },
            "config.json onnx/vision_model.onnx open_clip_config.json preprocess_cfg.json preprocessor_config.json",
            "config.json onnx/text_model.onnx open_clip_config.json tokenizer.json tokenizer_config.json"),
        ["open_clip's configuration alone"] = (d =>
        {
            TinyClip.WriteTo(d);
            File.Delete(d.Combine("config.json"));
            File.Delete(d.Combine("preprocessor_config.json"));
            d.Write("open_clip_config.json", """{ "model_cfg": { "text_cfg": { "context_length": 16 } }, "preprocess_cfg": { "size": 8 } }""");
        },
            "onnx/vision_model.onnx open_clip_config.json",
            "onnx/text_model.onnx open_clip_config.json tokenizer.json tokenizer_config.json"),
        ["no configuration"] = (d =>
        {
            TinyClip.WriteTo(d, new() { ImageSize = 224 });
            File.Delete(d.Combine("config.json"));
            File.Delete(d.Combine("preprocessor_config.json"));
        },
            "onnx/vision_model.onnx",
            "onnx/text_model.onnx tokenizer.json tokenizer_config.json"),
        ["vocabulary and merges"] = (d =>
        {
            TinyClip.WriteTo(d);
            File.Delete(d.Combine("tokenizer.json"));
            d.Write("special_tokens_map.json", "{}");
            d.Write("added_tokens.json", "{ }");
        },
            "config.json onnx/vision_model.onnx preprocessor_config.json",
            "added_tokens.json config.json merges.txt onnx/text_model.onnx special_tokens_map.json tokenizer_config.json vocab.json"),
        ["OpenAI's vocabulary"] = (d =>
        {
            TinyClip.WriteTo(d, new() { WithTokenizer = false });
            d.WriteGzip("bpe_simple_vocab_16e6.txt.gz", TinyTokenizer.OpenAIVocabulary());
        },
            "config.json onnx/vision_model.onnx preprocessor_config.json",
            "bpe_simple_vocab_16e6.txt.gz config.json onnx/text_model.onnx"),
    };

    public static TheoryData<string> Names => [.. Layouts.Keys];

    public void Dispose()
    {
        _directory.Dispose();
        _work.Dispose();
    }

    [Theory, MemberData(nameof(Names))]
    public void Save_AnyLayout_CarriesTheFilesOfItsSteps(string name)
    {
        var (write, image, text) = Layouts[name];
        write(_directory);
        using var clip = ClipModel.Load(_directory);

        if (image is not null)
        {
            CheckSaved(_ml.Transforms.ClipImageEmbedding("Output", "Path", clip), image);
        }
        if (text is not null)
        {
            CheckSaved(_ml.Transforms.ClipTextEmbedding("Output", "Text", clip), text);
        }
    }

    [Fact]
    public void Save_StepsOfBothKinds_CarriesTheFilesOfBoth()
    {
        TinyClip.WriteTo(_directory);
        using var clip = ClipModel.Load(_directory);

        CheckSaved(_ml.Transforms.ClipTextEmbedding("Other", "Text", clip).Append(_ml.Transforms.ClipImageEmbedding("Output", "Path", clip)),
            "config.json onnx/text_model.onnx onnx/vision_model.onnx preprocessor_config.json tokenizer.json tokenizer_config.json");
    }

    /// <summary>Saves a step, and saves what comes back once more; neither may depend on what the model has done before.</summary>
    private void CheckSaved(IEstimator<ITransformer> step, string expected)
    {
        var data = _ml.Data.LoadFromEnumerable([new StepRow { Path = TestImages.Write(_work, 1)[0], Text = "a photo of a cat" }]);
        var fitted = step.Fit(data);
        string first = _work.Combine("first.zip"), second = _work.Combine("second.zip");
        _ml.Model.Save(fitted, data.Schema, first);
        var loaded = _ml.Model.Load(first, out _);
        _ml.Model.Save(loaded, data.Schema, second);
        var again = _ml.Model.Load(second, out _);

        Assert.Equal(expected, Stored(first));
        Assert.Equal(expected, Stored(second));
        Assert.Equal(fitted.Transform(data).GetColumnOf("Output"), again.Transform(data).GetColumnOf("Output"));
        (loaded as IDisposable)?.Dispose();
        (again as IDisposable)?.Dispose();
    }

    /// <summary>The files in an archive, where they are stored under their hashes.</summary>
    private string Stored(string archive)
    {
        var names = Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f))), f => Path.GetRelativePath(_directory, f).Replace('\\', '/'));
        using var zip = ZipFile.OpenRead(archive);
        return string.Join(' ', zip.Entries.Where(e => e.FullName.Contains("ClipModelFiles", StringComparison.Ordinal)).Select(e => names[e.Name])
            .Order(StringComparer.Ordinal));
    }
}
