using System.Collections.Immutable;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Every size of a CLIP model, so that its parameters, their names and their shapes follow. The defaults are those of OpenAI's ViT-B/32.
/// </summary>
/// <remarks>Immutable and plain data: it serialises with System.Text.Json, and a checkpoint carries it.</remarks>
public sealed partial record ClipArchitecture
{
    private readonly int? _endOfTextId;

    /// <summary>Height and width of the images in pixels.</summary>
    /// <value>The default is 224.</value>
    public int ImageSize { get; init; } = 224;

    /// <summary>The mean that is subtracted from each channel (red, green, blue) of the pixels in [0, 1].</summary>
    /// <value>The default is OpenAI's.</value>
    public ImmutableArray<double> ImageMean { get; init; } = ChannelStatistics.ClipMean;

    /// <summary>The standard deviation by which each channel is divided.</summary>
    /// <value>The default is OpenAI's.</value>
    public ImmutableArray<double> ImageStandardDeviation { get; init; } = ChannelStatistics.ClipStandardDeviation;

    /// <summary>Length of I_e and T_e.</summary>
    /// <value>The default is 512.</value>
    public int JointDimension { get; init; } = 512;

    /// <summary>The activation of the Transformer blocks of both towers.</summary>
    public ClipActivation Activation { get; init; } = ClipActivation.QuickGelu;

    /// <summary>The family of the image tower; the properties of the other family are not looked at.</summary>
    public ClipVisionKind Vision { get; init; } = ClipVisionKind.VisionTransformer;

    /// <summary>
    /// Channels of the Vision Transformer; in the modified ResNet, channels after the stem (64 in RN50), half of which its first two convolutions have.
    /// </summary>
    /// <value>The default is 768.</value>
    public int VisionWidth { get; init; } = 768;

    /// <summary>Heads of the Vision Transformer's attention, or of the attention pooling (32 in RN50).</summary>
    /// <value>The default is 12.</value>
    public int VisionHeads { get; init; } = 12;

    /// <summary>Blocks of the Vision Transformer.</summary>
    /// <value>The default is 12.</value>
    public int VisionLayers { get; init; } = 12;

    /// <summary>Height and width of a patch of the Vision Transformer in pixels; divides <see cref="ImageSize"/>.</summary>
    /// <value>The default is 32.</value>
    public int PatchSize { get; init; } = 32;

    /// <summary>Blocks of each stage of the modified ResNet, <c>visual.layer1</c> first.</summary>
    /// <value>The default is RN50's 3, 4, 6, 3.</value>
    public ImmutableArray<int> StageBlocks { get; init; } = [3, 4, 6, 3];

    /// <summary>
    /// Width of the 3x3 convolutions of each stage, as many as <see cref="StageBlocks"/>. A stage's output has <see cref="StageOutput"/> channels.
    /// </summary>
    /// <value>The default is RN50's 64, 128, 256, 512.</value>
    public ImmutableArray<int> StageWidths { get; init; } = [64, 128, 256, 512];

    /// <summary>What a block of the modified ResNet is made of.</summary>
    public ClipResidualBlock ResidualBlock { get; init; } = ClipResidualBlock.Bottleneck;

    /// <summary>What the first convolution of the modified ResNet, <c>visual.conv1</c>, is.</summary>
    public ClipStem StemKind { get; init; } = ClipStem.Convolutions;

    /// <summary>
    /// By how much the stem of the modified ResNet reduces the image: 4 is OpenAI's (a stride of 2 in the first convolution and 2x2 average pooling at the
    /// end), 2 has no pooling, 1 has neither. With <see cref="ClipStem.Patches"/> it is the size of the patches. The first stage keeps the size, each later one halves it.
    /// </summary>
    /// <value>The default is 4.</value>
    public int StemStride { get; init; } = 4;

    /// <summary>How the modified ResNet's last feature map becomes I_f.</summary>
    public ClipImagePooling ImagePooling { get; init; } = ClipImagePooling.Attention;

    /// <summary>The family of the text tower; <see cref="ClipTextKind.Cbow"/> has neither heads nor layers.</summary>
    public ClipTextKind Text { get; init; } = ClipTextKind.Transformer;

    /// <summary>Number of tokens in the vocabulary, special ones included.</summary>
    /// <value>The default is 49,408.</value>
    public int VocabularySize { get; init; } = 49408;

    /// <summary>How many tokens a text has, start, end and padding included.</summary>
    /// <value>The default is 77.</value>
    public int ContextLength { get; init; } = 77;

    /// <summary>The id of the token that ends a text. The text tower is read at its first occurrence.</summary>
    /// <value>The default is the last of the vocabulary, as in OpenAI's.</value>
    public int EndOfTextId
    {
        get => _endOfTextId ?? VocabularySize - 1;
        init => _endOfTextId = value;
    }

    /// <summary>Channels of the text tower.</summary>
    /// <value>The default is 512.</value>
    public int TextWidth { get; init; } = 512;

    /// <summary>Heads of the text Transformer's attention.</summary>
    /// <value>The default is 8.</value>
    public int TextHeads { get; init; } = 8;

    /// <summary>Blocks of the text Transformer.</summary>
    /// <value>The default is 12.</value>
    public int TextLayers { get; init; } = 12;

    /// <summary>Length of I_f: what the image tower gives before W_i.</summary>
    public int ImageFeatureDimension => Vision == ClipVisionKind.VisionTransformer ? VisionWidth : StageOutput(StageWidths.Length - 1);

    /// <summary>By how much the image tower reduces the image: the patch, or the stem and the strides of the stages.</summary>
    public int ImageReduction => Vision == ClipVisionKind.VisionTransformer ? PatchSize : StemStride << (StageBlocks.Length - 1);

    /// <summary>Height and width of the last feature map, or of the grid of patches.</summary>
    public int ImageGrid => ImageSize / ImageReduction;

    /// <summary>Channels that a stage of the modified ResNet puts out.</summary>
    /// <param name="stage">0 for <c>visual.layer1</c>.</param>
    /// <returns>Its width, times four for <see cref="ClipResidualBlock.Bottleneck"/>.</returns>
    public int StageOutput(int stage) => StageWidths[stage] * (ResidualBlock == ClipResidualBlock.Bottleneck ? 4 : 1);

    // Far beyond any network there is, and within what the shapes of parameters can count: sizes may come from a stranger's config.json.
    private const int MostLayers = 1000, MostStages = 16, MostWidth = 1 << 16, MostPixels = 4096, MostTokens = 1 << 24, MostPlaces = 1 << 20;

    /// <summary>Throws where the sizes do not fit together.</summary>
    /// <exception cref="ArgumentException">A size is out of range or does not fit another; the message names both.</exception>
    public void Validate()
    {
        Clip.Require.Defined<ClipVisionKind>(Vision, nameof(Vision));
        Clip.Require.Defined<ClipTextKind>(Text, nameof(Text));
        Clip.Require.Defined<ClipActivation>(Activation, nameof(Activation));
        Clip.Require.Defined<ClipResidualBlock>(ResidualBlock, nameof(ResidualBlock));
        Clip.Require.Defined<ClipStem>(StemKind, nameof(StemKind));
        Clip.Require.Defined<ClipImagePooling>(ImagePooling, nameof(ImagePooling));
        Positive(ImageSize, nameof(ImageSize), MostPixels);
        Positive(JointDimension, nameof(JointDimension), MostWidth);
        Positive(VisionWidth, nameof(VisionWidth), MostWidth);
        Require(ImageMean.Length == 3 && ImageStandardDeviation.Length == 3 && ImageStandardDeviation.All(s => s > 0), "ImageMean and ImageStandardDeviation need three channels, and deviations above 0");
        if (Vision == ClipVisionKind.VisionTransformer)
        {
            Positive(VisionLayers, nameof(VisionLayers), MostLayers);
            Divides(VisionHeads, nameof(VisionHeads), VisionWidth, nameof(VisionWidth));
            Divides(PatchSize, nameof(PatchSize), ImageSize, nameof(ImageSize));
        }
        else
        {
            Require(StageBlocks.Length > 0 && StageBlocks.Length == StageWidths.Length, $"StageBlocks has {StageBlocks.Length} stages and StageWidths {StageWidths.Length}: they need the same, at least one");
            Require(StageBlocks.Length <= MostStages, $"StageBlocks has {StageBlocks.Length} stages: there may be at most {MostStages}");
            Require(StageBlocks.All(b => b > 0) && StageWidths.All(w => w > 0), "StageBlocks and StageWidths must be above 0");
            Positive(StageBlocks.Max(), nameof(StageBlocks), MostLayers);
            Positive(StageWidths.Max(), nameof(StageWidths), MostWidth);
            Require(StemStride is 1 or 2 or 4, $"StemStride is {StemStride}: it must be 1, 2 or 4");
            Divides(2, "the half of the stem", VisionWidth, nameof(VisionWidth));
            Divides(ImageReduction, nameof(ImageReduction), ImageSize, nameof(ImageSize));
            if (ImagePooling == ClipImagePooling.Attention)
            {
                Divides(VisionHeads, nameof(VisionHeads), ImageFeatureDimension, nameof(ImageFeatureDimension));
            }
        }

        Positive(VocabularySize, nameof(VocabularySize), MostTokens);
        Require(EndOfTextId >= 0 && EndOfTextId < VocabularySize, $"EndOfTextId is {EndOfTextId}, outside the vocabulary of {VocabularySize}");
        Require(ContextLength >= 2, $"ContextLength is {ContextLength}: start and end alone need 2");
        Positive(ContextLength, nameof(ContextLength), MostPlaces);
        Positive(TextWidth, nameof(TextWidth), MostWidth);
        if (Text == ClipTextKind.Transformer)
        {
            Positive(TextLayers, nameof(TextLayers), MostLayers);
            Divides(TextHeads, nameof(TextHeads), TextWidth, nameof(TextWidth));
        }
    }

    private static void Positive(int value, string name, int most)
    {
        Require(value > 0, $"{name} is {value}: it must be above 0");
        Require(value <= most, FormattableString.Invariant($"{name} is {value:N0}: it must be at most {most:N0}"));
    }

    private static void Divides(int divisor, string divisorName, int value, string name) =>
        Require(divisor > 0 && value % divisor == 0, $"{name} is {value}, which is not a multiple of {divisorName}, {divisor}");

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message + ".");
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
