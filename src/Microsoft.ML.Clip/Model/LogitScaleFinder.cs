using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// Finds exp(t), the factor between cosines and logits. It is a constant inside a combined graph (logits = exp(t) · I_e · T_eᵀ, Radford et al.
/// 2021, Figure 3); single towers do not hold it, and <c>logit_scale_init_value</c> of config.json is what training began with, not the result.
/// </summary>
internal static class LogitScaleFinder
{
    /// <summary>The key of exp(t) in an ONNX file's metadata_props, and in config.json or open_clip_config.json, where an exporter records it.</summary>
    public const string RecordedKey = "logit_scale";

    private const int MaximumSteps = 12;

    /// <summary>Walks from the logits back to the number that they are multiplied by; null where the graph has no logits or hides it.</summary>
    public static double? InGraph(ModelFiles files, OnnxGraph graph, IEnumerable<string> logits) =>
        logits.Where(name => graph.Output(name) is not null).Select(name => Factor(files, graph, name, MaximumSteps)).FirstOrDefault(f => f is not null);

    /// <summary>The number recorded in a graph's metadata.</summary>
    /// <exception cref="InvalidDataException">What is recorded is no positive number.</exception>
    public static double? InMetadata(OnnxGraph graph)
    {
        if (!graph.Metadata.TryGetValue(RecordedKey, out string? text))
        {
            return null;
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && IsScale(value)
            ? value
            : throw new InvalidDataException($"The '{RecordedKey}' in the metadata of {graph.Description} must be a positive number, exp(t), but is '{text}'.");
    }

    /// <summary>The number recorded in config.json or open_clip_config.json.</summary>
    /// <exception cref="InvalidDataException">A file is no JSON, or what is recorded is no positive number.</exception>
    public static double? InConfiguration(ModelFiles files)
    {
        foreach (string name in KnownFiles.ModelConfigurations.Where(files.Contains))
        {
            if (JsonFile.Open(files, name)[RecordedKey] is { Exists: true } recorded)
            {
                return recorded.FiniteNumber is { } value && IsScale(value) ? value : throw recorded.Error("a positive number, exp(t)");
            }
        }
        return null;
    }

    private static bool IsScale(double value) => value is > 0 and < float.MaxValue;

    /// <summary>The constant factor of a tensor, looked for through the steps between the cosines and the logits.</summary>
    private static double? Factor(ModelFiles files, OnnxGraph graph, string tensor, int steps) => steps == 0 ? null : graph.Producer(tensor) switch
    {
        { Operation: "Transpose" or "Cast" or "Identity" } node => Factor(files, graph, node.Input(0), steps - 1),
        { Operation: "Mul", Inputs: [var a, var b] } => OnnxConstant.Evaluate(files, graph, a) ?? OnnxConstant.Evaluate(files, graph, b),
        { Operation: "Div", Inputs: [var a, var b] } when OnnxConstant.Evaluate(files, graph, b) is { } divisor => 1 / divisor,
        // exp(t) · I_e may be taken before the product, and a fused product carries a factor of its own.
        { Operation: "MatMul" or "FusedMatMul" or "Gemm", Inputs: [var a, var b, ..] } node =>
            node.Numbers.TryGetValue("alpha", out double alpha) && alpha != 1 ? alpha : Factor(files, graph, a, steps - 1) ?? Factor(files, graph, b, steps - 1),
        _ => null,
    } is double factor && IsScale(factor) ? factor : null;
}
