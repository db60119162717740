using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Every CLIP step, with every kind of input, on a tiny model and a few images.</summary>
public sealed class StepFixture : IDisposable
{
    public const int RowCount = 23;

    private static readonly string[] Labels = ["cat", "dog", "a bird"];

    private readonly TemporaryDirectory _directory = new();

    public StepFixture()
    {
        ModelDirectory = TinyClip.WriteTo(_directory.Combine("model"), new TinyClipOptions());
        Model = ClipModel.Load(ModelDirectory);
        string[] paths = TestImages.Write(Directory.CreateDirectory(_directory.Combine("images")).FullName, RowCount);
        Rows = [.. paths.Select((path, i) => new StepRow
        {
            Path = path,
            Bytes = File.ReadAllBytes(path),
            Image = MLImage.CreateFromFile(path),
            Text = $"a photo of {i} cats",
            Embedding = [.. Enumerable.Range(0, Model.EmbeddingDimension).Select(d => MathF.Sin(1 + i * 7 + d))],
            Number = i,
        })];
    }

    public MLContext ML { get; } = new(seed: 1);

    public ClipModel Model { get; }

    public string ModelDirectory { get; }

    public StepRow[] Rows { get; }

    public IDataView Data => ML.Data.LoadFromEnumerable(Rows);

    /// <summary>The steps, by name; the name after the space is the input column.</summary>
    public static TheoryData<string> Steps => new("Image Path", "Image Bytes", "Image Image", "Encoder Path", "Text Text", "ZeroShot Embedding", "ZeroShot Path", "ZeroShot Image",
        "ImageWithErrors Path", "ZeroShotWithErrors Path", "ZeroShotWithCosines Path", "ZeroShotWithCosines Embedding");

    /// <summary>The column in which a step's main result stands.</summary>
    public static string OutputOf(string step) => step.StartsWith("ZeroShot", StringComparison.Ordinal) ? "Score" : "Output";

    public static string InputOf(string step) => step.Split(' ')[1];

    public IEstimator<ITransformer> Create(string step, int batchSize = 5, string? inputColumn = null, ClipModel? model = null)
    {
        string input = inputColumn ?? InputOf(step);
        model ??= Model;
        return step.Split(' ')[0] switch
        {
            "Image" => ML.Transforms.ClipImageEmbedding("Output", input, model, new() { BatchSize = batchSize }),
            "ImageWithErrors" => ML.Transforms.ClipImageEmbedding("Output", input, model, new() { BatchSize = batchSize, ErrorColumnName = "Error" }),
            "ZeroShotWithErrors" => ML.Transforms.ClipZeroShotClassification(input, model, Labels, options: new() { BatchSize = batchSize, ErrorColumnName = "Error" }),
            "ZeroShotWithCosines" => ML.Transforms.ClipZeroShotClassification(input, model, Labels,
                options: new() { BatchSize = batchSize, CosineColumnName = "Cosine", MinimumCosine = 0.1f }),
            "Encoder" => ML.Transforms.ClipImageEmbedding("Output", input, model, new() { BatchSize = batchSize, Features = ClipFeatures.Encoder, Normalize = false }),
            "Text" => ML.Transforms.ClipTextEmbedding("Output", input, model, new() { BatchSize = batchSize }),
            "ZeroShot" => ML.Transforms.ClipZeroShotClassification(input, model, Labels, options: new() { BatchSize = batchSize }),
            _ => throw new ArgumentException(step),
        };
    }

    public float[][] Run(ITransformer transformer, string step) => [.. transformer.Transform(Data).GetColumn<float[]>(OutputOf(step))];

    public string TemporaryFile(string name) => _directory.Combine($"{Guid.NewGuid():N}-{name}");

    public void Dispose()
    {
        foreach (var row in Rows)
        {
            row.Image.Dispose();
        }
        Model.Dispose();
        _directory.Dispose();
    }
}
