using System.Text.Json;
using Microsoft.ML.Clip.Tests;
using SkiaSharp;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// The models, photographs and texts that are measured, in a folder outside the repository. Made once and used again; delete the folder to
/// make them anew.
/// </summary>
internal sealed class Workload
{
    public const int PhotographCount = 64, LargeCount = 4, TextCount = 10_000;
    private const int Width = 500, Height = 375, LargeWidth = 4000, LargeHeight = 3000, SmallWidth = 100, SmallHeight = 75;

    // Gives files of 2.7 MB.
    private const int LargeNoise = 11;

    private Workload(string folder) => Folder = folder;

    public string Folder { get; }

    public string[] Photographs => Files("photographs");

    public string[] LargePhotographs => Files("large");

    public string[] SmallPhotographs => Files("small");

    public string[] Texts => File.ReadAllLines(Path.Combine(Folder, "texts.txt"));

    /// <summary>Makes what is missing.</summary>
    /// <param name="folder">Where; null for a folder below the system's temporary one.</param>
    public static Workload Prepare(string? folder = null)
    {
        var workload = new Workload(Path.GetFullPath(folder ?? Environment.GetEnvironmentVariable("CLIP_WORKLOAD") ?? Path.Combine(Path.GetTempPath(), "clip-workload")));
        workload.Once("photographs", target => MakePhotographs(target, Source("CLIP_PHOTOGRAPHS", "data/imagenet-samples")));
        workload.Once("large", target =>
        {
            for (int i = 0; i < LargeCount; i++)
            {
                File.WriteAllBytes(Path.Combine(target, $"{i}.jpg"), Benchmarks.Photographs.Encode(LargeWidth, LargeHeight, seed: i, LargeNoise));
            }
        });
        workload.Once("small", target =>
        {
            for (int i = 0; i < PhotographCount; i++)
            {
                File.WriteAllBytes(Path.Combine(target, $"{i:000}.jpg"), Benchmarks.Photographs.Encode(SmallWidth, SmallHeight, seed: i));
            }
        });
        foreach (var shape in (ReadOnlySpan<ClipShape>)[ClipShape.Tiny, ClipShape.ViTB32])
        {
            workload.Once($"models/{shape.Name}", target => MakeModel(shape, target));
        }
        if (!File.Exists(Path.Combine(workload.Folder, "texts.txt")))
        {
            File.WriteAllLines(Path.Combine(workload.Folder, "texts.txt"), MakeTexts());
        }
        return workload;
    }

    /// <summary>The directory of a model in float32 with outliers, made if it is not there.</summary>
    public string Model(ClipShape shape, Outliers outliers)
    {
        string name = $"models/{shape.Name}-{outliers}".ToLowerInvariant();
        Once(name, target => MakeModel(shape, target, outliers));
        return Path.Combine(Folder, name);
    }

    /// <summary>The directory of a model.</summary>
    public string Model(ClipShape shape) => Path.Combine(Folder, "models", shape.Name);

    private string[] Files(string name) => [.. Directory.GetFiles(Path.Combine(Folder, name)).Order(StringComparer.Ordinal)];

    // Half a folder is worse than none: made under another name and moved when whole.
    private void Once(string name, Action<string> make)
    {
        string target = Path.Combine(Folder, name), draft = target + ".draft";
        if (Directory.Exists(target))
        {
            return;
        }
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }
        Directory.CreateDirectory(draft);
        make(draft);
        Directory.Move(draft, target);
    }

    /// <summary>Data that the repository does not hold: named by an environment variable, or in the maintainers' shared folder; else null.</summary>
    private static string? Source(string variable, string sharedPath)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named)
        {
            return named;
        }
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            string shared = Path.Combine(d.FullName, "shared", sharedPath);
            if (Directory.Exists(shared))
            {
                return shared;
            }
        }
        return null;
    }

    private static void MakePhotographs(string target, string? source)
    {
        string[] real = source is null ? [] : Directory.GetFiles(source).Order(StringComparer.Ordinal).Where(IsOfSize).ToArray();
        for (int i = 0; i < PhotographCount; i++)
        {
            string file = Path.Combine(target, $"{i:000}.jpg");
            if (real.Length > 0)
            {
                File.Copy(real[i % real.Length], file);
            }
            else
            {
                File.WriteAllBytes(file, Benchmarks.Photographs.Encode(Width, Height, seed: i));
            }
        }
    }

    private static bool IsOfSize(string file)
    {
        using var codec = SKCodec.Create(file);
        return codec is { Info: { Width: Width, Height: Height }, EncodedFormat: SKEncodedImageFormat.Jpeg };
    }

    private static void MakeModel(ClipShape shape, string target, Outliers outliers = Outliers.None)
    {
        Directory.CreateDirectory(Path.Combine(target, "onnx"));
        foreach (var (precision, suffix) in (ReadOnlySpan<(Precision, string)>)[(Precision.Float32, ""), (Precision.Float16, "_fp16"), (Precision.Int8, "_quantized")])
        {
            // The same seed, and so the same weights.
            var writer = new ClipGraphWriter(shape, seed: 1, precision, outliers);
            File.WriteAllBytes(Path.Combine(target, "onnx", $"vision_model{suffix}.onnx"), writer.ImageTower());
            File.WriteAllBytes(Path.Combine(target, "onnx", $"text_model{suffix}.onnx"), writer.TextTower());
        }
        Json(target, "config.json", new
        {
            model_type = "clip",
            projection_dim = shape.Dimension,
            logit_scale = 100.0,
            text_config = new { model_type = "clip_text_model", max_position_embeddings = ClipShape.Context, vocab_size = ClipShape.Vocabulary },
            vision_config = new { model_type = "clip_vision_model", image_size = shape.ImageSize, patch_size = shape.PatchSize, hidden_size = shape.ImageWidth },
        });
        Json(target, "preprocessor_config.json", Preprocessing(shape));
        if (Source("CLIP_VOCABULARY", "fixtures/models/tiny-vit") is { } vocabulary)
        {
            foreach (string name in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt"])
            {
                if (File.Exists(Path.Combine(vocabulary, name)))
                {
                    File.Copy(Path.Combine(vocabulary, name), Path.Combine(target, name));
                }
            }
        }
        else
        {
            Console.Error.WriteLine("CLIP's vocabulary is not here (CLIP_VOCABULARY = a directory with tokenizer.json); tokenising is measured with a tiny one.");
            TinyTokenizerFiles.Write(target, ClipShape.Context);
        }
    }

    private static object Preprocessing(ClipShape shape) => new
    {
        image_processor_type = "CLIPImageProcessor",
        feature_extractor_type = "CLIPFeatureExtractor",
        do_resize = true,
        size = new { shortest_edge = shape.ImageSize },
        resample = 3,
        do_center_crop = true,
        crop_size = new { height = shape.ImageSize, width = shape.ImageSize },
        do_rescale = true,
        rescale_factor = 1 / 255.0,
        do_normalize = true,
        do_convert_rgb = true,
        image_mean = new[] { 0.48145466, 0.4578275, 0.40821073 },
        image_std = new[] { 0.26862954, 0.26130258, 0.27577711 },
    };

    /// <summary>Captions of 5 to 25 words, none like another, with the punctuation and the odd words that captions have.</summary>
    private static IEnumerable<string> MakeTexts()
    {
        string[] words = ["a", "the", "photo", "of", "dog", "cat", "sitting", "on", "beach", "with", "mountains", "two", "people's", "red", "bicycles", "near", "old",
            "lighthouse", "at", "sunset", "skateboarder", "Labrador", "retriever", "in", "kitchen,", "don't", "under", "umbrellas", "Golden", "Gate", "bridge", "1998",
            "f/2.8", "watercolor", "close-up", "hummingbird", "café", "naïve", "portrait", "(black-and-white)", "jalapeño", "train", "crossing", "snow-covered", "river"];
        var random = new Random(7);
        for (int i = 0; i < TextCount; i++)
        {
            yield return string.Join(' ', Enumerable.Range(0, random.Next(5, 26)).Select(_ => words[random.Next(words.Length)]).Append($"no. {i}"));
        }
    }

    private static void Json(string directory, string name, object value) => File.WriteAllText(Path.Combine(directory, name), JsonSerializer.Serialize(value));
}
