using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Finds the preprocessing configuration among a model's files, and reads it.</summary>
internal static class PreprocessorConfiguration
{
    private const string Visual = KnownFiles.ImageFolder + "/", Onnx = KnownFiles.OnnxFolder + "/";

    // In the order in which they count. Some repositories carry Hugging Face's and open_clip's at once, and these need not say the same; nor need Hugging
    // Face's own two, of which the newer is written beside an older one by saving a model again. Whoever has several is told where they differ.
    private static readonly string[] HuggingFaceFiles = [KnownFiles.Preprocessor, Visual + KnownFiles.Preprocessor, Onnx + KnownFiles.Preprocessor];
    private static readonly string[] ProcessorFiles = [KnownFiles.Processor, Visual + KnownFiles.Processor, Onnx + KnownFiles.Processor];
    private static readonly string[] OpenClipFiles = [Visual + KnownFiles.OpenClipPreprocessor, KnownFiles.OpenClipPreprocessor];
    private static readonly string[] OpenClipModelFiles = [KnownFiles.OpenClipModel, Visual + KnownFiles.OpenClipModel];
    private static readonly string[] ModelConfigurationFiles = [KnownFiles.Configuration, Visual + KnownFiles.Configuration];

    /// <param name="files">The model's files.</param>
    /// <param name="defaults">What holds where none of them tells, but for the image size.</param>
    /// <param name="folder">Where the image tower lies, with a slash behind it: a configuration beside it comes first.</param>
    /// <param name="warn">Told of files that contradict each other, and of files that are not there.</param>
    public static ClipImagePreprocessorSettings Read(ModelFiles files, ClipImagePreprocessorSettings defaults, string folder = "", Action<string>? warn = null)
    {
        int imageSize = ReadImageSize(files) ?? ClipImagePreprocessorSettings.DefaultImageSize;
        (string Source, ClipImagePreprocessorSettings Settings)[] found = [.. Configurations(files, folder)
            .Select(c => (c.Source, c.IsOpenClip ? OpenClipConfiguration.Read(c.Config, imageSize) : HuggingFaceConfiguration.Read(c.Config, imageSize)))];
        if (found is not [var first, .. var others])
        {
            warn?.Invoke($"Nothing in {files.Location} tells how images are prepared: looked for {KnownFiles.Preprocessor}, {KnownFiles.Processor}, {KnownFiles.OpenClipPreprocessor} and {KnownFiles.OpenClipModel}. "
                + $"Taking {imageSize} x {imageSize} pixels, {defaults.ResizeMode.ToString().ToLowerInvariant()}, {defaults.Filter.ToString().ToLowerInvariant()}, as most of its kind; other models give wrong embeddings with that. Add the file that the model is published with.");
            return defaults.WithImageSize(imageSize);
        }
        foreach (var (source, _) in others.Where(o => !o.Settings.MeansTheSameAs(first.Settings)))
        {
            warn?.Invoke($"{first.Source} and {source} say different things of how images are prepared. The former holds; delete the one that is wrong.");
        }
        return first.Settings;
    }

    public static ClipImagePreprocessorSettings Parse(string json)
    {
        var config = JsonFile.Parse(Encoding.UTF8.GetBytes(json), "The preprocessing configuration");
        return IsOpenClip(config)
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

    /// <summary>All configurations, in the order in which they count.</summary>
    private static IEnumerable<(string Source, JsonField Config, bool IsOpenClip)> Configurations(ModelFiles files, string folder)
    {
        if (Find(files, [folder + KnownFiles.Preprocessor, .. HuggingFaceFiles]) is { } huggingFace)
        {
            var config = JsonFile.Open(files, huggingFace);
            yield return (files.Describe(huggingFace), config, IsOpenClip(config));
        }
        if (Find(files, [folder + KnownFiles.Processor, .. ProcessorFiles]) is { } processor && JsonFile.Open(files, processor)["image_processor"] is { Exists: true } part)
        {
            yield return ($"'image_processor' of {part.File}", part, IsOpenClip(part));
        }
        if (Find(files, OpenClipFiles) is { } openClip)
        {
            yield return (files.Describe(openClip), JsonFile.Open(files, openClip), true);
        }
        if (Find(files, OpenClipModelFiles) is { } openClipModel && JsonFile.Open(files, openClipModel)["preprocess_cfg"] is { Exists: true } inner)
        {
            yield return ($"'preprocess_cfg' of {inner.File}", inner, true);
        }
    }

    // Jina's processor has open_clip's words in Hugging Face's file.
    private static bool IsOpenClip(JsonField config) => config["mean"].Exists || config["interpolation"].Exists || config["resize_mode"].Exists;

    private static string? Find(ModelFiles files, string[] names) => names.FirstOrDefault(files.Contains);
}
