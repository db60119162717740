using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Finds the preprocessing configuration among a model's files, and reads it.</summary>
internal static class PreprocessorConfiguration
{
    private const string Visual = KnownFiles.ImageFolder + "/", Onnx = KnownFiles.OnnxFolder + "/";

    // In the order in which they count. Some repositories carry Hugging Face's and open_clip's at once, and these need not say the same; nothing compares them.
    // Hugging Face's own two files are compared: the newer one is written beside an older one by saving a model again.
    private static readonly string[] HuggingFaceFiles = [KnownFiles.Preprocessor, Visual + KnownFiles.Preprocessor, Onnx + KnownFiles.Preprocessor];
    private static readonly string[] ProcessorFiles = [KnownFiles.Processor, Visual + KnownFiles.Processor, Onnx + KnownFiles.Processor];
    private static readonly string[] OpenClipFiles = [Visual + KnownFiles.OpenClipPreprocessor, KnownFiles.OpenClipPreprocessor];
    private static readonly string[] OpenClipModelFiles = [KnownFiles.OpenClipModel, Visual + KnownFiles.OpenClipModel];
    private static readonly string[] ModelConfigurationFiles = [KnownFiles.Configuration, Visual + KnownFiles.Configuration];

    /// <param name="files">The model's files.</param>
    /// <param name="defaults">What holds where none of them tells, but for the image size.</param>
    /// <param name="warn">Told of files that contradict each other.</param>
    public static ClipImagePreprocessorSettings Read(ModelFiles files, ClipImagePreprocessorSettings defaults, Action<string>? warn = null)
    {
        int imageSize = ReadImageSize(files) ?? ClipImagePreprocessorSettings.DefaultImageSize;
        var processor = Find(files, ProcessorFiles) is { } name ? JsonFile.Open(files, name)["image_processor"] : default;
        if (Find(files, HuggingFaceFiles) is { } huggingFace)
        {
            var settings = HuggingFaceConfiguration.Read(JsonFile.Open(files, huggingFace), imageSize);
            if (processor.Exists && !HuggingFaceConfiguration.Read(processor, imageSize).MeansTheSameAs(settings))
            {
                warn?.Invoke($"{files.Describe(huggingFace)} and 'image_processor' of {processor.File} say different things of how images are prepared. The former holds; delete the one that is wrong.");
            }
            return settings;
        }
        if (processor.Exists)
        {
            return HuggingFaceConfiguration.Read(processor, imageSize);
        }
        if (Find(files, OpenClipFiles) is { } openClip)
        {
            return OpenClipConfiguration.Read(JsonFile.Open(files, openClip), imageSize);
        }
        if (Find(files, OpenClipModelFiles) is { } openClipModel && JsonFile.Open(files, openClipModel)["preprocess_cfg"] is { Exists: true } config)
        {
            return OpenClipConfiguration.Read(config, imageSize);
        }
        return defaults.WithImageSize(imageSize);
    }

    public static ClipImagePreprocessorSettings Parse(string json)
    {
        var config = JsonFile.Parse(Encoding.UTF8.GetBytes(json), "The preprocessing configuration");
        bool isOpenClip = config["mean"].Exists || config["interpolation"].Exists || config["resize_mode"].Exists;
        return isOpenClip
            ? OpenClipConfiguration.Read(config, ClipImagePreprocessorSettings.DefaultImageSize)
            : HuggingFaceConfiguration.Read(config, ClipImagePreprocessorSettings.DefaultImageSize);
    }

    // Hugging Face: vision_config.image_size. open_clip: vision_cfg.image_size, in a hub repository within model_cfg.
    internal static int? ReadImageSize(ModelFiles files)
    {
        foreach (string name in new[] { Find(files, ModelConfigurationFiles), Find(files, OpenClipModelFiles) }.OfType<string>())
        {
            var file = JsonFile.Open(files, name);
            var config = file["model_cfg"] is { Exists: true } part ? part : file;
            foreach (string section in (string[])["vision_config", "vision_cfg"])
            {
                // A pair means a model for images that are not square, which only a preprocessing configuration can describe.
                if (config[section]["image_size"] is { Exists: true, IsArray: false } size)
                {
                    return size.Integer(1, ClipImagePreprocessorSettings.MaximumEdge);
                }
            }
        }
        return null;
    }

    private static string? Find(ModelFiles files, string[] names) => names.FirstOrDefault(files.Contains);
}
