using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A small training set of drawn images, and options that train on it in a second.</summary>
internal static class TrainingFixture
{
    public static readonly string[] Colors = ["red", "green", "blue", "yellow"];

    /// <summary>Options for a tiny network on 16-pixel images.</summary>
    public static ClipContrastiveTrainer.Options Options(ClipArchitecture? architecture = null, int steps = 12, string? checkpoint = null,
        int checkpointEvery = 5, ClipTrainingLoss loss = ClipTrainingLoss.Paper, int batchSize = 8, int? microBatchSize = null,
        double learningRate = 1e-3, double averageDecay = 0.9, int threads = 1, bool allGroups = false, bool oneText = false,
        int? reducedSize = null, int reducedSteps = 0, Action<ClipTrainingSnapshot>? evaluate = null,
        ClipOnInvalidImage onInvalidImage = ClipOnInvalidImage.Throw) => new()
        {
            Architecture = architecture ?? SmallArchitectures.SmallResNet,
            Steps = steps,
            CheckpointPath = checkpoint,
            CheckpointEvery = checkpointEvery,
            Loss = loss,
            BatchSize = batchSize,
            MicroBatchSize = microBatchSize,
            LearningRate = learningRate,
            AverageDecay = averageDecay,
            Threads = threads,
            CaptionsOfAllGroups = allGroups,
            OneTextPerGroup = oneText,
            ReducedImageSize = reducedSize,
            ReducedSteps = reducedSteps,
            Evaluate = evaluate,
            EvaluateEvery = 6,
            ReportEvery = 1,
            OnInvalidImage = onInvalidImage,
        };

    /// <summary>Images of four colours with noise, each with two captions.</summary>
    public static List<Row> Rows(int count = 32) =>
    [
        .. Enumerable.Range(0, count).Select(i => new Row
        {
            Image = SolidImage(i % Colors.Length, seed: i),
            Captions = [$"a photo of a {Colors[i % Colors.Length]} square.", $"something {Colors[i % Colors.Length]}"],
            Caption = $"a {Colors[i % Colors.Length]} square, number {i}",
            Group = Colors[i % Colors.Length],
            Shares = [.. Colors.Order(StringComparer.Ordinal).Select(c => c == Colors[i % Colors.Length] ? 1f : 0)],
        }),
    ];

    /// <summary>Trains until the test run is cancelled.</summary>
    public static ClipContrastiveModel Train(this ClipContrastiveTrainer trainer, IDataView data, IProgress<ClipTrainingProgress>? progress = null) =>
        trainer.Fit(data, progress, TestContext.Current.CancellationToken);

    public static IDataView View(IEnumerable<Row> rows) => new MLContext().Data.LoadFromEnumerable(rows);

    /// <summary>A PNG of one colour with noise, 20 x 16.</summary>
    public static byte[] SolidImage(int color, int seed)
    {
        var random = new Random(seed);
        using var bitmap = new SkiaSharp.SKBitmap(new SkiaSharp.SKImageInfo(20, 16, SkiaSharp.SKColorType.Rgba8888, SkiaSharp.SKAlphaType.Opaque));
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                byte Channel(bool high) => (byte)(random.Next(60) + (high ? 190 : 0));
                bitmap.SetPixel(x, y, new SkiaSharp.SKColor(Channel(color is 0 or 3), Channel(color is 1 or 3), Channel(color == 2)));
            }
        }

        using var data = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    internal sealed class Row
    {
        public byte[] Image { get; set; } = [];

        public string[] Captions { get; set; } = [];

        public string Caption { get; set; } = "";

        public string Group { get; set; } = "";

        /// <summary>How much of blue, green, red and yellow it shows.</summary>
        [VectorType(4)]
        public float[] Shares { get; set; } = new float[4];
    }

    /// <summary>Collects reports at once, where <see cref="Progress{T}"/> would post them.</summary>
    internal sealed class Reports : List<ClipTrainingProgress>, IProgress<ClipTrainingProgress>
    {
        public void Report(ClipTrainingProgress value) => Add(value);
    }
}
