using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A row of a table of CLIP_benchmark: what one model scored on one set in one task. Immutable.</summary>
/// <param name="Dataset">The set, by CLIP_benchmark's name: <c>vtab/pets</c>.</param>
/// <param name="Model">The model, by OpenCLIP's name: <c>ViT-B-32</c>.</param>
/// <param name="Pretrained">What it was trained on: <c>openai</c>.</param>
/// <param name="Task">The task: <c>zeroshot_classification</c>, <c>zeroshot_retrieval</c>, <c>linear_probe</c>.</param>
public sealed record ClipBenchmarkRow(string Dataset, string Model, string Pretrained, string Task)
{
    /// <summary>The language of prompts or captions; <see langword="null"/> where the table has none.</summary>
    public string? Language { get; init; }

    /// <summary>Accuracy, 0 to 1; <see langword="null"/>, as all that follow, where it was not measured.</summary>
    public double? Accuracy { get; init; }

    /// <summary>How often the right class was among the first five, 0 to 1.</summary>
    public double? Top5Accuracy { get; init; }

    /// <summary>The mean over classes of recall, 0 to 1.</summary>
    public double? MeanPerClassRecall { get; init; }

    /// <summary>The mean of average precision over classes, 0 to 1; not the eleven-point one of the paper.</summary>
    public double? MeanAveragePrecision { get; init; }

    /// <summary>How often a caption finds its image among the first five, 0 to 1.</summary>
    public double? ImageRetrievalRecallAt5 { get; init; }

    /// <summary>How often an image finds one of its captions among the first five, 0 to 1.</summary>
    public double? TextRetrievalRecallAt5 { get; init; }

    /// <summary>Model and training data as one name; the model alone where nothing is said of its training.</summary>
    public string ModelFullName => Pretrained.Length == 0 ? Model : $"{Model} {Pretrained}";

    /// <summary>What other columns have, by their names.</summary>
    public IReadOnlyDictionary<string, string> Others { get; init; } = new Dictionary<string, string>();

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
