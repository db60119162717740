using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <content>The models that people name.</content>
public sealed partial record ClipArchitecture
{
    /// <summary>
    /// A Vision Transformer for first tries and for small images on a CPU: 48 pixels in patches of 8, four blocks of 128 channels, two for texts. At most 2.3
    /// million parameters, and fewer where the captions need a smaller vocabulary. The default of <see cref="ClipContrastiveTrainer"/>.
    /// </summary>
    public static ClipArchitecture Tiny { get; } = new()
    {
        ImageSize = 48,
        PatchSize = 8,
        VisionWidth = 128,
        VisionHeads = 2,
        VisionLayers = 4,
        JointDimension = 128,
        VocabularySize = 8192,
        TextWidth = 128,
        TextHeads = 2,
        TextLayers = 2,
    };

    /// <summary>
    /// A Vision Transformer that still trains on a CPU, on thousands of pairs in hours: 96 pixels in patches of 16, eight blocks of 256 channels, four for
    /// texts. At most 14 million parameters.
    /// </summary>
    public static ClipArchitecture Small { get; } = new()
    {
        ImageSize = 96,
        PatchSize = 16,
        VisionWidth = 256,
        VisionHeads = 4,
        VisionLayers = 8,
        JointDimension = 256,
        VocabularySize = 16384,
        TextWidth = 256,
        TextHeads = 4,
        TextLayers = 4,
    };

    /// <summary>OpenAI's ViT-B/32: 151 million parameters. The same as <c>new ClipArchitecture()</c>.</summary>
    public static ClipArchitecture ViTB32 { get; } = new();

    /// <summary>OpenAI's ViT-B/16: 150 million parameters, four times as many patches as <see cref="ViTB32"/>.</summary>
    public static ClipArchitecture ViTB16 { get; } = new() { PatchSize = 16 };

    /// <summary>OpenAI's ViT-L/14: 428 million parameters.</summary>
    public static ClipArchitecture ViTL14 { get; } = new()
    {
        PatchSize = 14,
        VisionWidth = 1024,
        VisionHeads = 16,
        VisionLayers = 24,
        JointDimension = 768,
        TextWidth = 768,
        TextHeads = 12,
    };

    /// <summary>OpenAI's ViT-L/14@336px: <see cref="ViTL14"/> on images of 336 pixels.</summary>
    public static ClipArchitecture ViTL14At336 { get; } = ViTL14 with { ImageSize = 336 };

    /// <summary>OpenAI's RN50: 102 million parameters.</summary>
    public static ClipArchitecture RN50 { get; } = ResNet([3, 4, 6, 3], width: 64, imageSize: 224, joint: 1024, textWidth: 512);

    /// <summary>OpenAI's RN101: 120 million parameters.</summary>
    public static ClipArchitecture RN101 { get; } = ResNet([3, 4, 23, 3], width: 64, imageSize: 224, joint: 512, textWidth: 512);

    /// <summary>OpenAI's RN50x4: 178 million parameters.</summary>
    public static ClipArchitecture RN50x4 { get; } = ResNet([4, 6, 10, 6], width: 80, imageSize: 288, joint: 640, textWidth: 640);

    /// <summary>OpenAI's RN50x16: 291 million parameters.</summary>
    public static ClipArchitecture RN50x16 { get; } = ResNet([6, 8, 18, 8], width: 96, imageSize: 384, joint: 768, textWidth: 768);

    /// <summary>OpenAI's RN50x64: 623 million parameters.</summary>
    public static ClipArchitecture RN50x64 { get; } = ResNet([3, 15, 36, 10], width: 128, imageSize: 448, joint: 1024, textWidth: 1024);

    /// <summary>
    /// All of these by the names that the field has for them (Radford et al. 2021, tables 19 and 20): "ViT-B/32", "ViT-L/14@336px", "RN50x4", and "Tiny" and
    /// "Small", which are this library's. Upper and lower case are the same.
    /// </summary>
    public static IReadOnlyDictionary<string, ClipArchitecture> Presets { get; } = new Dictionary<string, ClipArchitecture>(StringComparer.OrdinalIgnoreCase)
    {
        ["Tiny"] = Tiny,
        ["Small"] = Small,
        ["ViT-B/32"] = ViTB32,
        ["ViT-B/16"] = ViTB16,
        ["ViT-L/14"] = ViTL14,
        ["ViT-L/14@336px"] = ViTL14At336,
        ["RN50"] = RN50,
        ["RN101"] = RN101,
        ["RN50x4"] = RN50x4,
        ["RN50x16"] = RN50x16,
        ["RN50x64"] = RN50x64,
    };

    /// <summary>How many numbers a training learns: weights, biases and t, without the running statistics of batch norms.</summary>
    /// <remarks>Where the trainer makes a vocabulary, its model may have fewer: <see cref="VocabularySize"/> is then the most tokens.</remarks>
    [JsonIgnore] // Checkpoints are known by what is serialised.
    public long ParameterCount =>
        ParameterShapes.Of(this).Where(p => !ParameterNames.IsStatistic(p.Key)).Sum(p => p.Value.Aggregate(1L, (product, axis) => product * axis));

    // OpenAI's widths follow from one (CLIP/model.py): stages of w, 2w, 4w and 8w, heads of 64 channels in the pooling and in the texts.
    private static ClipArchitecture ResNet(int[] blocks, int width, int imageSize, int joint, int textWidth) => new()
    {
        Vision = ClipVisionKind.ModifiedResNet,
        ImageSize = imageSize,
        VisionWidth = width,
        VisionHeads = width * 32 / 64,
        StageBlocks = [.. blocks],
        StageWidths = [width, 2 * width, 4 * width, 8 * width],
        JointDimension = joint,
        TextWidth = textWidth,
        TextHeads = textWidth / 64,
    };
}
