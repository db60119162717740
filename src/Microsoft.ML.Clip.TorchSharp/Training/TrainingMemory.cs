using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>What a training takes, by estimate: enough to tell gigabytes from megabytes before anything is made, and to cut a batch into parts.</summary>
internal static class TrainingMemory
{
    /// <summary>The activations that a part of a batch may have where the options leave its size open.</summary>
    public const long PartBudget = 1L << 30;

    /// <summary>A network of more parameters is told of where it is trained on a CPU: a step of the default batch takes minutes.</summary>
    public const long LargeForProcessor = 40_000_000;

    // Numbers of the width of a Transformer that a block keeps for the way back: 8 times the width around the attention, 16 in the mlp, 4 in norms and sums.
    private const long NumbersPerChannel = 28;

    // A text of ordinary length; batches are cut to their longest.
    private const int TextLength = 32;

    /// <summary>Bytes that weights, gradients, both of AdamW's moments and the average of the weights take.</summary>
    public static long OfWeights(ClipContrastiveTrainer.Options options, ClipArchitecture architecture) =>
        architecture.ParameterCount * sizeof(float) * (options.AverageDecay > 0 ? 5 : 4);

    /// <summary>Bytes of activations that a pair keeps until its gradient is computed.</summary>
    public static long OfPair(ClipArchitecture a)
    {
        long image = a.Vision == ClipVisionKind.VisionTransformer
            ? NumbersPerChannel * a.VisionWidth * a.VisionLayers * ((a.ImageGrid * a.ImageGrid) + 1)
            : OfResNet(a);
        long text = a.Text == ClipTextKind.Transformer ? NumbersPerChannel * a.TextWidth * a.TextLayers * Math.Min(TextLength, a.ContextLength) : a.TextWidth;
        return sizeof(float) * (image + text);
    }

    /// <summary>
    /// The size of the parts of a batch where the options leave it open: the whole batch where it is small, where batch norm would see the difference, where
    /// threads divide it, and on a GPU.
    /// </summary>
    public static int? PartOf(ClipContrastiveTrainer.Options options, int batchSize)
    {
        var a = options.Architecture;
        if (options.MicroBatchSize is not null || options.Threads > 1 || a.Vision != ClipVisionKind.VisionTransformer
            || options.Device != TrainingDevice.Processor)
        {
            return options.MicroBatchSize;
        }
        long part = Math.Max(2, PartBudget / OfPair(a));
        // Parts of about one size: the last should not be a rest of two.
        long parts = (batchSize + part - 1) / part;
        return parts > 1 ? (int)((batchSize + parts - 1) / parts) : null;
    }

    /// <summary>What should be known before a training that will take very long, or more memory than there is; null if there is nothing of that kind.</summary>
    /// <param name="options">How it trains.</param>
    /// <param name="architecture">The network with the vocabulary that it will have.</param>
    /// <param name="batchSize">Images in a batch.</param>
    /// <param name="available">Bytes of memory that the process may use.</param>
    public static string? Warning(ClipContrastiveTrainer.Options options, ClipArchitecture architecture, int batchSize, long available)
    {
        if (options.Device != TrainingDevice.Processor)
        {
            return null;
        }
        long parameters = architecture.ParameterCount;
        long needed = OfWeights(options, architecture) + (OfPair(architecture) * (PartOf(options, batchSize) ?? batchSize));
        string memory = string.Create(CultureInfo.InvariantCulture, $"about {needed / 1e9:F1} GB of memory");
        string network = string.Create(CultureInfo.InvariantCulture, $"a network of {parameters / 1e6:F0} million parameters with batches of {batchSize}");
        const string WayOut = $"{nameof(ClipArchitecture)}.{nameof(ClipArchitecture.Small)} and {nameof(ClipArchitecture.Tiny)} train on a CPU; {nameof(ClipContrastiveTrainer.Options.Device)} = \"cuda\" trains on a GPU.";
        return needed > available
            ? string.Create(CultureInfo.InvariantCulture, $"Training {network} takes {memory}, but the process may use {available / 1e9:F1} GB. A smaller {nameof(options.BatchSize)} or {nameof(options.MicroBatchSize)} takes less. {WayOut}")
            : parameters > LargeForProcessor ? $"Training {network} on a CPU takes {memory}, and minutes for each step. {WayOut}" : null;
    }

    /// <summary>Two numbers for each output of a convolution and its norm, as a ReLU works in place.</summary>
    private static long OfResNet(ClipArchitecture a)
    {
        long side = a.ImageSize / (a.StemKind == ClipStem.Patches ? a.StemStride : Math.Min(a.StemStride, 2));
        long numbers = 4 * side * side * a.VisionWidth;
        for (int stage = 0; stage < a.StageBlocks.Length; stage++)
        {
            long grid = (a.ImageSize / a.StemStride) >> stage;
            numbers += 2 * grid * grid * a.StageBlocks[stage] * ((2L * a.StageWidths[stage]) + a.StageOutput(stage));
        }
        return numbers;
    }
}
