using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipModel.Quantize"/> made, and how it compares with what it was made of.</summary>
public sealed record ClipQuantizationReport
{
    /// <summary>The directory that the model was written to.</summary>
    public required string Directory { get; init; }

    /// <summary>What to set <see cref="ClipModelOptions.Variant"/> to.</summary>
    public required string Variant { get; init; }

    /// <summary>The image tower; <see langword="null"/> if the model has none.</summary>
    public required ClipQuantizedTower? Images { get; init; }

    /// <summary>The text tower; <see langword="null"/> if the model has none.</summary>
    public required ClipQuantizedTower? Texts { get; init; }

    /// <summary>
    /// For which part of the images both models find the same label, or the same caption where there are no labels, first; <see langword="null"/> with one
    /// tower.
    /// </summary>
    public required double? TopOneAgreement { get; init; }

    /// <summary>How many images that is a part of.</summary>
    public required int Decisions { get; init; }

    /// <summary>The part of <see cref="ClipQuantizationOptions.LabelledImages"/> that the original gives the right label; <see langword="null"/> where there are none.</summary>
    public required double? OriginalAccuracy { get; init; }

    /// <summary>The same for the model of 8 bits.</summary>
    public required double? Accuracy { get; init; }

    /// <summary>The processor that measured.</summary>
    public required string Processor { get; init; }

    /// <summary>Whether that processor multiplies bytes into sums of 32 bits (VNNI, or on ARM the dot product), and so without overflow.</summary>
    public required bool HasByteProducts { get; init; }

    /// <summary>Whether weights have 7 bits, so that they can be used where there is no such instruction.</summary>
    public required bool ReducedRange { get; init; }

    /// <summary>The mean cosine that was asked for at least.</summary>
    public required double MinimumCosine { get; init; }

    /// <summary>Whether every tower has that.</summary>
    public bool IsGood => new[] { Images, Texts }.All(tower => tower is null || tower.MeanCosine >= MinimumCosine);

    /// <summary>All of it, in lines to read.</summary>
    /// <returns>Some lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, tower) in new[] { ("images", Images), ("texts", Texts) })
        {
            if (tower is not null)
            {
                Append(text, name, tower);
            }
        }
        if (TopOneAgreement is { } agreement)
        {
            string weak = Images!.IsOnGeneratedInputs || Texts!.IsOnGeneratedInputs ? " (on made-up inputs, which hardly differ: says little)" : "";
            Line(text, $"zero-shot decisions: {agreement:P2} of {Decisions:N0} the same{weak}");
        }
        if (Accuracy is { } accuracy)
        {
            Line(text, $"accuracy: {accuracy:P2}, the original {OriginalAccuracy:P2}");
        }
        Line(text, $"on {Processor}{(HasByteProducts ? "" : ", without VNNI")}{(ReducedRange ? ", weights of 7 bits" : "")}");
        return text.ToString().TrimEnd();
    }

    private static void Append(StringBuilder text, string name, ClipQuantizedTower tower)
    {
        Line(text, $"{name}: {tower.File}, {tower.Bytes / 1e6:N1} MB, the original {tower.OriginalBytes / 1e6:N1} MB");
        string inputs = $"{tower.Compared:N0} {(tower.IsOnGeneratedInputs ? "made-up " : "")}inputs{(tower.IsHeldOut ? "" : ", the same that it was calibrated on")}";
        Line(text, $"  cosine {tower.MeanCosine:F5}, lowest {tower.LowestCosine:F5}, on {inputs}");
        Line(text, $"  {tower.Method.ToString().ToLowerInvariant()}, {tower.Layers} layers in 8 bits, {tower.LayersInFloat.Count} in float");
        if (tower.Speedup is { } speedup)
        {
            Line(text, $"  {tower.PerSecond:N1} a second, {speedup:F2} times as many as the original");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
