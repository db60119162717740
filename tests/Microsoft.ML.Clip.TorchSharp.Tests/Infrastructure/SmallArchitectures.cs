namespace Microsoft.ML.Clip.Tests;

/// <summary>One small network of each kind.</summary>
internal static class SmallArchitectures
{
    private static readonly ClipArchitecture Common = new()
    {
        ImageSize = 16,
        JointDimension = 8,
        VocabularySize = 600,
        ContextLength = 12,
        TextWidth = 8,
        TextHeads = 2,
        TextLayers = 2,
    };

    public static ClipArchitecture VisionTransformer { get; } = Common with { VisionWidth = 16, VisionHeads = 2, VisionLayers = 2, PatchSize = 8 };

    public static ClipArchitecture SmallResNet { get; } = Common with
    {
        Vision = ClipVisionKind.ModifiedResNet,
        ResidualBlock = ClipResidualBlock.Basic,
        StemKind = ClipStem.Patches,
        StemStride = 4,
        VisionWidth = 8,
        StageBlocks = [1, 2],
        StageWidths = [8, 16],
        ImagePooling = ClipImagePooling.Mean,
    };

    public static ClipArchitecture OpenAIResNet { get; } = Common with
    {
        ImageSize = 32,
        Vision = ClipVisionKind.ModifiedResNet,
        VisionWidth = 8,
        StageBlocks = [1, 2],
        StageWidths = [8, 8],
        VisionHeads = 4,
        Activation = ClipActivation.Gelu,
    };

    public static IReadOnlyDictionary<string, ClipArchitecture> All { get; } = new Dictionary<string, ClipArchitecture>
    {
        ["vit"] = VisionTransformer,
        ["small-resnet"] = SmallResNet,
        ["openai-resnet"] = OpenAIResNet,
        ["cbow"] = VisionTransformer with { Text = ClipTextKind.Cbow },
    };
}
