using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// What a version has saved, every later one reads: pipelines written by released code lie in Golden/saved, with what they gave there. A new file beside them
/// (never in their place) is made with CLIP_WRITE_SAVED=NAME in the environment.
/// </summary>
public sealed class SavedFormatTests
{
    private static readonly string Folder = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "Golden", "saved");

    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> Saved => [.. Directory.GetFiles(Folder, "*.zip").Select(f => Path.GetFileNameWithoutExtension(f)!)];

    [Theory]
    [MemberData(nameof(Saved))]
    public void Load_SavedByAnotherVersion_GivesWhatItGaveThere(string name)
    {
        using var directory = new TemporaryDirectory();
        var expected = JsonSerializer.Deserialize<Dictionary<string, float[][]>>(File.ReadAllText(Path.Combine(Folder, name + ".json")))!;

        var loaded = _ml.Model.Load(Path.Combine(Folder, name + ".zip"), out _);
        var actual = loaded.Transform(Rows(directory));

        foreach (var (column, rows) in expected)
        {
            Tolerances.Close([.. rows.SelectMany(r => r)], [.. actual.GetColumnOf(column).SelectMany(r => r)], Tolerances.Embedding);
        }
        // Since the third version of the image and zero-shot steps.
        Assert.All(actual.Schema.Where(c => c.Name.EndsWith("Error", StringComparison.Ordinal)), c => Assert.All(actual.GetColumn<string>(c), Assert.Empty));
        ((IDisposable)loaded).Dispose();
    }

    [Fact]
    public void Options_AsSaved_KeepTheirNames()
    {
        // The text is the format: renaming a public property must not change it.
        const string json = """
            {"Variant":"small","LogitScale":33,"BatchSize":5,"Tokenizer":{"Cleaning":1,"ContextLength":12,"PadId":3},"Preprocessing":{"Convention":1,"Decoding":1,"ApplyExifOrientation":true,"SixteenBitGray":1,"MaximumPixels":1000000}}
            """;
        var options = SavedModelOptions.FromJson(json).ToOptions(ClipModelStorage.Embedded);

        Assert.Equal(("small", 33f, 5), (options.Variant, options.LogitScale, options.BatchSize));
        Assert.Equal((ClipTextCleaning.OpenAI, 12, 3), (options.Tokenizer.Cleaning, options.Tokenizer.ContextLength, options.Tokenizer.PadId));
        Assert.Equal((ClipImageConvention.OpenAI, ClipImageDecoding.Fast, true, 1_000_000L), (options.Preprocessing.Convention, options.Preprocessing.Decoding,
            options.Preprocessing.ApplyExifOrientation, options.Preprocessing.MaximumPixels));
        Assert.Equal(1, (int)options.Preprocessing.SixteenBitGray);
        Assert.Equal(json, SavedModelOptions.FromJson(json).ToJson());
    }

    [Fact]
    public void Options_AllOfThem_AreSaved()
    {
        var tokenizer = new ClipTokenizerOptions { Cleaning = ClipTextCleaning.OpenAI, ContextLength = 12, PadId = 3, Language = "eng_Latn" };
        var preprocessing = new ClipImagePreprocessorOptions
        {
            Convention = ClipImageConvention.OpenAI,
            Decoding = ClipImageDecoding.Fast,
            ApplyExifOrientation = true,
            SixteenBitGray = (ClipSixteenBitGray)1,
            MaximumPixels = 1_000_000,
            MaximumDecodingMemory = 1_000_000_000,
            Decoder = new NoDecoder(),
        };
        // Whoever adds an option has to say here what becomes of it.
        AssertNothingIsDefault(tokenizer, new());
        AssertNothingIsDefault(preprocessing, new());
        using var directory = new TemporaryDirectory();
        using var clip = ClipModel.Load(TinyClip.WriteTo(directory), new() { Tokenizer = tokenizer, Preprocessing = preprocessing });

        var saved = SavedModelOptions.FromJson(SavedModelOptions.From(clip).ToJson()).ToOptions(ClipModelStorage.Embedded);

        Assert.Equal(tokenizer, saved.Tokenizer);
        // The memory is the machine's, and a file from elsewhere does not raise it. A decoder is code.
        var expected = preprocessing with { MaximumDecodingMemory = new ClipImagePreprocessorOptions().MaximumDecodingMemory, Decoder = null };
        Assert.Equal(expected, saved.Preprocessing);
    }

    [Theory]
    [InlineData("""{"Tokenizer":{"Cleaning":9}}""", "ClipTextCleaning = 9")]
    [InlineData("""{"Preprocessing":{"Decoding":-1}}""", "ClipImageDecoding = -1")]
    [InlineData("null", "are null")]
    [InlineData("""{"BatchSize":"many"}""", "cannot be read")]
    public void Options_OfALaterVersionOrDamaged_AreRefused(string json, string message) => Assert.Contains(message,
        Assert.Throws<InvalidDataException>(() => SavedModelOptions.FromJson(json).ToOptions(ClipModelStorage.Embedded)).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_WhenAskedTo_WhatThisVersionSaves()
    {
        string? name = Environment.GetEnvironmentVariable("CLIP_WRITE_SAVED");
        Assert.SkipWhen(name is null, "Set CLIP_WRITE_SAVED=NAME to write Golden/saved/NAME.zip and NAME.json");
        using var directory = new TemporaryDirectory();
        using var clip = ClipModel.Load(TinyClip.WriteTo(directory.Combine("model"), new() { Suffix = "_small" }), new()
        {
            Variant = "small",
            BatchSize = 5,
            LogitScale = 33,
            Tokenizer = new() { Cleaning = ClipTextCleaning.OpenAI, ContextLength = 12, PadId = 3 },
            Preprocessing = new() { Convention = ClipImageConvention.OpenAI, ApplyExifOrientation = true, MaximumPixels = 1_000_000 },
        });
        var rows = Rows(directory);
        var pipeline = _ml.Transforms.ClipImageEmbedding("Encoder", "Path", clip,
                new() { Features = ClipFeatures.Encoder, Normalize = false, BatchSize = 2, OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = "EncoderError" })
            .Append(_ml.Transforms.ClipImageEmbedding("Image", "Bytes", clip))
            .Append(_ml.Transforms.ClipTextEmbedding("Text", "Caption", clip, new() { OnTooLong = ClipOnTooLong.Truncate }))
            .Append(_ml.Transforms.ClipZeroShotClassification("Image", clip, ["cat", "a dog"], ["a photo of a {}.", "{}"]))
            .Append(_ml.Transforms.ClipZeroShotClassification("Path", clip, ["cat", "a dog", "bird"],
                options: new()
                {
                    ScoreColumnName = "PathScore",
                    PredictedLabelColumnName = "PathLabel",
                    LogitScale = 7,
                    ErrorColumnName = "PathError",
                    CosineColumnName = "PathCosine",
                    MinimumCosine = -0.5f
                }));
        var model = pipeline.Fit(rows);
        var result = model.Transform(rows);

        Directory.CreateDirectory(Folder);
        _ml.Model.Save(model, rows.Schema, Path.Combine(Folder, name + ".zip"));
        string[] columns = ["Encoder", "Image", "Text", "Score", "PathScore", "PathCosine"];
        File.WriteAllText(Path.Combine(Folder, name + ".json"), JsonSerializer.Serialize(columns.ToDictionary(c => c, c => result.GetColumnOf(c))));
    }

    private static void AssertNothingIsDefault<T>(T options, T defaults)
    {
        foreach (var property in typeof(T).GetProperties())
        {
            Assert.NotEqual(property.GetValue(defaults), property.GetValue(options));
        }
    }

    private IDataView Rows(TemporaryDirectory directory)
    {
        string[] paths = TestImages.Write(Directory.CreateDirectory(directory.Combine("images")).FullName, 7);
        return _ml.Data.LoadFromEnumerable(paths.Select((path, i) => new Row { Path = path, Bytes = File.ReadAllBytes(path), Caption = $"{i} &amp; A photo" }).ToArray());
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public byte[] Bytes { get; set; } = [];

        public string Caption { get; set; } = "";
    }

    private sealed class NoDecoder : ClipImageDecoder
    {
        public override ClipDecodedImage Decode(ClipEncodedImage image) => throw new NotSupportedException();
    }
}
