using System.Text;
using Microsoft.ML.Clip.Tests;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Configuration files, and JSON by itself.</summary>
internal static class JsonReaders
{
    private const string OpenClip = """
        {"model_cfg":{"embed_dim":512,"vision_cfg":{"image_size":224,"layers":12},"text_cfg":{"context_length":77}},
         "preprocess_cfg":{"mean":[0.48,0.45,0.40],"std":[0.26,0.26,0.27],"interpolation":"bilinear","resize_mode":"longest","fill_color":127,"mode":"RGB","size":[224,192]}}
        """;

    private const string Processor = """
        {"image_processor":{"do_center_crop":false,"do_resize":true,"do_rescale":true,"rescale_factor":0.00392,"size":{"height":224,"width":224},"crop_size":224,"resample":2,
         "image_processor_type":"CLIPImageProcessor","image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"do_normalize":true}}
        """;

    public static JsonFormat Format { get; } = new("size", "shortest_edge", "height", "width", "crop_size", "resample", "image_mean", "image_std", "do_resize", "do_center_crop", "do_rescale",
        "rescale_factor", "do_normalize", "mean", "std", "interpolation", "resize_mode", "fill_color", "mode", "vision_config", "image_size", "model_cfg", "vision_cfg", "preprocess_cfg",
        "image_processor", "text_config", "max_position_embeddings", "logit_scale", "longest", "squash", "shortest", "bicubic", "nearest", "random", "CLIPImageProcessor",
        "added_tokens_decoder", "bos_token", "eos_token", "unk_token", "pad_token", "model_max_length", "padding_side", "truncation_side", "left", "right");

    public static Reader Preprocessing { get; } = new("configuration", new BundleFormat(_ => Format), ConfigurationSeeds, ReadConfiguration)
    {
        Sources = ["Microsoft.ML.Clip/Imaging/Configuration/", "Microsoft.ML.Clip/Files/JsonFile.cs", "Microsoft.ML.Clip/Files/JsonField.cs"],
        IsDocumented = e => e is InvalidDataException,
        Share = 40_000,
    };

    public static Reader Json { get; } = new("json", Format, () => [Encoding.UTF8.GetBytes(OpenClip),
        .. Inputs.TinyModel(new()).Where(f => f.Key.EndsWith("config.json", StringComparison.Ordinal)).Select(f => f.Value),
        """{"a":"\ud83d\ude00","\u00e9":["\ud83d",{"b":null}], /* c */ "a":1e3,}"""u8.ToArray(),
        "version https://git-lfs.github.com/spec/v1"u8.ToArray()], ReadJson)
    {
        Sources = ["Microsoft.ML.Clip/Files/JsonFile.cs", "Microsoft.ML.Clip/Files/JsonField.cs", "Microsoft.ML.Clip/Files/GitLfs.cs"],
        IsDocumented = e => e is InvalidDataException,
        Share = 60_000,
    };

    private static IEnumerable<byte[]> ConfigurationSeeds()
    {
        foreach (var files in (Dictionary<string, byte[]>[])[Inputs.TinyModel(new()), Inputs.TinyModel(new() { Immich = true }), Inputs.SampleModel()])
        {
            yield return BundleFormat.Write(files.Where(f => f.Key.EndsWith(".json", StringComparison.Ordinal) && f.Value.Length < 4096).ToDictionary());
        }
        yield return BundleFormat.Write(new Dictionary<string, byte[]> { ["open_clip_config.json"] = Encoding.UTF8.GetBytes(OpenClip) });
        yield return BundleFormat.Write(new Dictionary<string, byte[]> { ["processor_config.json"] = Encoding.UTF8.GetBytes(Processor) });
        yield return BundleFormat.Write(new Dictionary<string, byte[]>
        {
            ["processor_config.json"] = Encoding.UTF8.GetBytes(Processor),
            ["preprocessor_config.json"] = """{"size":224,"crop_size":224}"""u8.ToArray(),
        });
    }

    private static void ReadConfiguration(byte[] input)
    {
        var files = Inputs.Files(BundleFormat.Read(input));
        _ = LogitScaleFinder.InConfiguration(files);
        _ = ClipFamily.Of(files);
        string warnings = "";
        var settings = PreprocessorConfiguration.Read(files, new(), folder: "", message => warnings += message);
        const int Most = ClipImagePreprocessorSettings.MaximumEdge;
        Inputs.Require(settings.Height is > 0 and <= Most && settings.Width is > 0 and <= Most, $"The image size is {settings.Height} x {settings.Width}.");
        // Not so large that an execution is about memory only.
        const int Small = 256;
        if (settings.Height <= Small && settings.Width <= Small && settings.ResizeHeight <= Small && settings.ResizeWidth <= Small)
        {
            var preprocessor = ClipImagePreprocessor.Load(files, new(), new());
            Inputs.Require(preprocessor.PixelValueCount == 3 * settings.Height * settings.Width, "The number of values is not that of the size.");
        }
    }

    private static void ReadJson(byte[] input)
    {
        var root = JsonFile.Parse(input, "the fuzzed file");
        Walk(root, 0);
        static void Walk(JsonField field, int depth)
        {
            Inputs.Require(depth <= JsonFile.MaximumDepth, "It is nested deeper than is allowed.");
            _ = (field.Path, field.WholeNumber, field.FiniteNumber, field.IsText ? field.Text() : null, field.Texts(), field.Error("something else").Message);
            foreach (var (name, value) in field.IsObject ? field.Properties() : [])
            {
                _ = field[name];
                Walk(value, depth + 1);
            }
            foreach (var item in field.IsArray ? field.Items() : [])
            {
                Walk(item, depth + 1);
            }
        }
    }
}
