namespace Microsoft.ML.Clip.Tests;

public class PreprocessorConfigurationTests
{
    private const string ClipConfig = """
        { "crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true, "feature_extractor_type": "CLIPFeatureExtractor",
          "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224 }
        """;

    [Fact]
    public void FromJson_ReleasedConfiguration_IsTheDefault()
    {
        var expected = ClipImagePreprocessorSettings.ForImageSize(224);
        var actual = Settings(ClipConfig);
        Assert.Equal(expected.Normalization!.Mean, actual.Normalization!.Mean);
        Assert.Equal(expected.Normalization.StandardDeviation, actual.Normalization.StandardDeviation);
        Assert.Equal(expected with { Normalization = null }, actual with { Normalization = null });
    }

    [Theory]
    [InlineData("{}", 224, 224, ClipResizeMode.Shortest, 224, 224)]
    [InlineData("""{ "size": 336, "crop_size": 336 }""", 336, 336, ClipResizeMode.Shortest, 336, 336)]
    [InlineData("""{ "size": { "shortest_edge": 256 } }""", 224, 224, ClipResizeMode.Shortest, 256, 256)]
    [InlineData("""{ "size": { "height": 100, "width": 90 }, "crop_size": { "height": 60, "width": 50 } }""", 60, 50, ClipResizeMode.Squash, 100, 90)]
    [InlineData("""{ "size": { "height": 100, "width": 90 }, "do_center_crop": false }""", 100, 90, ClipResizeMode.Squash, 100, 90)]
    [InlineData("""{ "size": { "height": 384, "width": 384 }, "image_processor_type": "SiglipImageProcessor" }""", 384, 384, ClipResizeMode.Squash, 384, 384)]
    [InlineData("""{ "do_resize": false, "crop_size": [20, 30] }""", 20, 30, ClipResizeMode.None, 224, 224)]
    [InlineData("""{ "size": 224.0, "crop_size": 192 }""", 192, 192, ClipResizeMode.Shortest, 224, 224)]
    [InlineData("""{ "mean": [0, 0, 0], "size": [64, 96] }""", 64, 96, ClipResizeMode.Shortest, 64, 96)]
    [InlineData("""{ "interpolation": "bicubic", "resize_mode": "longest", "size": 64 }""", 64, 64, ClipResizeMode.Longest, 64, 64)]
    [InlineData("""{ "interpolation": "bilinear", "resize_mode": "squash", "size": 64 }""", 64, 64, ClipResizeMode.Squash, 64, 64)]
    internal void FromJson_Sizes_AreUnderstood(string json, int height, int width, ClipResizeMode mode, int resizeHeight, int resizeWidth)
    {
        var s = Settings(json);
        Assert.Equal((height, width, mode, resizeHeight, resizeWidth), (s.Height, s.Width, s.ResizeMode, s.ResizeHeight, s.ResizeWidth));
    }

    [Theory]
    [InlineData("""{ "resample": 0 }""", ResampleFilter.Nearest)]
    [InlineData("""{ "resample": 1 }""", ResampleFilter.Lanczos)]
    [InlineData("""{ "resample": 2 }""", ResampleFilter.Bilinear)]
    [InlineData("""{ "resample": 4 }""", ResampleFilter.Box)]
    [InlineData("""{ "resample": 5 }""", ResampleFilter.Hamming)]
    [InlineData("""{ "resample": null }""", ResampleFilter.Bicubic)]
    [InlineData("""{ "interpolation": "bilinear" }""", ResampleFilter.Bilinear)]
    [InlineData("""{ "interpolation": "nearest" }""", ResampleFilter.Nearest)]
    [InlineData("""{ "interpolation": "random" }""", ResampleFilter.Bicubic)]
    // open_clip forgets the interpolation for 'shortest' on rectangles, and takes bicubic.
    [InlineData("""{ "interpolation": "bilinear", "size": [64, 96] }""", ResampleFilter.Bicubic)]
    [InlineData("""{ "interpolation": "bilinear", "size": [64, 96], "resize_mode": "squash" }""", ResampleFilter.Bilinear)]
    internal void FromJson_Filters_AreUnderstood(string json, ResampleFilter filter) => Assert.Equal(filter, Settings(json).Filter);

    [Theory]
    [InlineData("{}", ClipImageConvention.HuggingFace)]
    [InlineData("""{ "mean": [0.5, 0.5, 0.5] }""", ClipImageConvention.OpenAI)]
    public void FromJson_Convention_IsThatOfItsFormat(string json, ClipImageConvention convention)
    {
        Assert.Equal(convention, ClipImagePreprocessor.FromJson(json).Convention);
        Assert.Equal(ClipImageConvention.OpenAI, ClipImagePreprocessor.FromJson(json, new() { Convention = ClipImageConvention.OpenAI }).Convention);
    }

    [Fact]
    public void FromJson_Flags_SwitchStepsOff()
    {
        Assert.Null(Settings("""{ "do_normalize": false }""").Normalization);
        Assert.Null(Settings("""{ "do_rescale": false }""").RescaleFactor);
        Assert.Equal(0.5, Settings("""{ "rescale_factor": 0.5 }""").RescaleFactor);
        Assert.Equal(1 / 255.0, Settings("{}").RescaleFactor);
        Assert.Equal(128, Settings("""{ "mean": 0.5, "std": 0.5, "fill_color": 128 }""").Fill);
        Assert.Equal([0.5f, 0.5f, 0.5f], Settings("""{ "mean": 0.5, "std": 0.5 }""").Normalization!.Mean);
    }

    [Theory]
    [InlineData("""{ "size": 0 }""", "'size'", "1 to 4096", "0")]
    [InlineData("""{ "size": 5000 }""", "'size'", "1 to 4096", "5000")]
    [InlineData("""{ "size": 22.5 }""", "'size'", "whole number", "22.5")]
    [InlineData("""{ "size": "224" }""", "'size'", "whole number", "\"224\"")]
    [InlineData("""{ "size": { "shortest_edge": -3 } }""", "'size.shortest_edge'", "1 to 4096", "-3")]
    [InlineData("""{ "size": { "longest_edge": 224 } }""", "'size'", "shortest_edge", "longest_edge")]
    [InlineData("""{ "crop_size": { "height": 224 } }""", "'crop_size.width'", "1 to 4096", "missing")]
    [InlineData("""{ "resample": 6 }""", "'resample'", "0 to 5", "6")]
    [InlineData("""{ "do_resize": "yes" }""", "'do_resize'", "true or false", "\"yes\"")]
    [InlineData("""{ "do_center_crop": false }""", "'do_center_crop'", "true unless", "false")]
    [InlineData("""{ "rescale_factor": 0 }""", "'rescale_factor'", "above 0", "0")]
    [InlineData("""{ "image_std": [0.5, 0, 0.5] }""", "'image_std'", "above 0", "[0.5, 0, 0.5]")]
    [InlineData("""{ "image_mean": [0.5, 0.5] }""", "'image_mean'", "three finite numbers", "[0.5, 0.5]")]
    [InlineData("""{ "image_mean": [0.5, "x", 0.5] }""", "'image_mean'", "three finite numbers", "x")]
    [InlineData("""{ "mean": [1e99, 0, 0] }""", "'mean'", "three finite numbers", "1e99")]
    [InlineData("""{ "interpolation": "area" }""", "'interpolation'", "bicubic", "area")]
    [InlineData("""{ "resize_mode": "stretch" }""", "'resize_mode'", "squash", "stretch")]
    [InlineData("""{ "mean": 0.5, "mode": "L" }""", "'mode'", "RGB", "L")]
    [InlineData("""{ "mean": 0.5, "size": [1, 2, 3] }""", "'size'", "two numbers", "[1, 2, 3]")]
    [InlineData("""{ "mean": 0.5, "fill_color": 256 }""", "'fill_color'", "0 to 255", "256")]
    [InlineData("[1]", "must hold an object", "[1]")]
    [InlineData("{ size", "not valid JSON")]
    public void FromJson_Nonsense_NamesPropertyExpectedAndFound(string json, params string[] parts)
    {
        var error = Assert.Throws<InvalidDataException>(() => ClipImagePreprocessor.FromJson(json));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0), InlineData(-1), InlineData(4097)]
    public void Create_ImpossibleSize_IsAnError(int size) => Assert.Throws<ArgumentOutOfRangeException>(() => ClipImagePreprocessor.Create(size));

    [Fact]
    public void Load_Directory_TakesTheFileThatCounts()
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal(224, ClipImagePreprocessor.Load(directory).Width);
        directory.Write("config.json", """{ "vision_config": { "image_size": 40 } }""");
        Assert.Equal(40, ClipImagePreprocessor.Load(directory).Width);
        directory.Write("open_clip_config.json", """{ "model_cfg": { "vision_cfg": { "image_size": 50 } }, "preprocess_cfg": { "mean": 0.5, "std": 0.5, "size": 60 } }""");
        Assert.Equal((60, ClipImageConvention.OpenAI), (ClipImagePreprocessor.Load(directory).Width, ClipImagePreprocessor.Load(directory).Convention));
        directory.Write("visual/preprocess_cfg.json", """{ "size": [70, 80] }""");
        Assert.Equal((70, 80), (ClipImagePreprocessor.Load(directory).Height, ClipImagePreprocessor.Load(directory).Width));
        directory.Write("preprocessor_config.json", """{ "size": 90, "crop_size": 90 }""");
        Assert.Equal((90, ClipImageConvention.HuggingFace), (ClipImagePreprocessor.Load(directory).Width, ClipImagePreprocessor.Load(directory).Convention));
    }

    [Fact]
    public void Load_NoSize_TakesTheModels()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", """{ "vision_config": { "image_size": 40 } }""");
        directory.Write("preprocessor_config.json", """{ "image_mean": [0, 0, 0] }""");
        Assert.Equal(40, ClipImagePreprocessor.Load(directory).Width);
    }

    [Fact]
    public void Load_Nonsense_NamesTheFile()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("preprocessor_config.json", """{ "size": "big" }""");
        var error = Assert.Throws<InvalidDataException>(() => ClipImagePreprocessor.Load(directory));
        Assert.Contains("preprocessor_config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("'size'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MissingDirectory_IsAnError()
    {
        using var directory = new TemporaryDirectory();
        Assert.Throws<DirectoryNotFoundException>(() => ClipImagePreprocessor.Load(directory.Combine("absent")));
    }

    private static ClipImagePreprocessorSettings Settings(string json) => ClipImagePreprocessor.FromJson(json).Settings;
}
