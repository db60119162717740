using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A tower in 8 bits beside the same in float.</summary>
public sealed record ClipQuantizedTower
{
    /// <summary>The file, by its name in the model directory. A graph with both towers is one file.</summary>
    public required string File { get; init; }

    /// <summary>How its activations are scaled: <see cref="ClipQuantizationMethod.Static"/> or <see cref="ClipQuantizationMethod.Dynamic"/>.</summary>
    public required ClipQuantizationMethod Method { get; init; }

    /// <summary>Whether it was calibrated and compared on inputs that were made up, which says less than the caller's own would.</summary>
    public required bool IsOnGeneratedInputs { get; init; }

    /// <summary>Whether cosines are of other inputs than those that it was calibrated on.</summary>
    public required bool IsHeldOut { get; init; }

    /// <summary>How many inputs cosines were measured on.</summary>
    public required int Compared { get; init; }

    /// <summary>The mean cosine between embeddings of both.</summary>
    public required double MeanCosine { get; init; }

    /// <summary>The lowest.</summary>
    public required double LowestCosine { get; init; }

    /// <summary>How many layers (products that read the same values count as one) are in 8 bits.</summary>
    public required int Layers { get; init; }

    /// <summary>
    /// The layers that were left in float, each by the name of the tensor that it gives; without those that always are, such as the projection.
    /// </summary>
    public required IReadOnlyList<string> LayersInFloat { get; init; }

    /// <summary>The bytes of the original, weights in other files included.</summary>
    public required long OriginalBytes { get; init; }

    /// <summary>The bytes of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Inputs a second in float, the encoder alone, batches on one share of the cores; <see langword="null"/> where it was not measured.</summary>
    public required double? OriginalPerSecond { get; init; }

    /// <summary>The same in 8 bits: medians of runs by turns.</summary>
    public required double? PerSecond { get; init; }

    /// <summary>How many times as fast it is; <see langword="null"/> where it was not measured.</summary>
    public double? Speedup => PerSecond / OriginalPerSecond;

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
