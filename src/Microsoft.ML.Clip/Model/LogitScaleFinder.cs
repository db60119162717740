using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>How cosines become logits: logit = scale · cosine + bias.</summary>
/// <param name="Scale">exp(t).</param>
/// <param name="Bias">What is added, as in SigLIP; null where nothing is, or nothing tells.</param>
internal readonly record struct LogitRule(double Scale, double? Bias);

/// <summary>
/// Finds exp(t), the factor between cosines and logits, and the bias of SigLIP. They are constants inside a combined graph (logits = exp(t) · I_e · T_eᵀ,
/// Radford et al. 2021, Figure 3; + b, Zhai et al. 2023, equation 1); single towers do not hold them, and <c>logit_scale_init_value</c> of config.json is
/// what training began with, not the result.
/// </summary>
internal static class LogitScaleFinder
{
    /// <summary>The key of exp(t) in an ONNX file's metadata_props, and in config.json or open_clip_config.json, where an exporter records it.</summary>
    public const string RecordedKey = "logit_scale";

    /// <summary>The key of the bias in the same places.</summary>
    public const string RecordedBiasKey = "logit_bias";

    private const int MaximumSteps = 12;

    /// <summary>Walks from the logits back to the numbers that make them of cosines; null where the graph has no logits or hides it.</summary>
    public static LogitRule? InGraph(ModelFiles files, OnnxGraph graph, IEnumerable<string> logits) =>
        logits.Where(name => graph.Output(name) is not null)
            .Select(name => Rule(files, graph, name, bias: null, MaximumSteps)).FirstOrDefault(rule => rule is not null);

    /// <summary>The numbers recorded in a graph's metadata.</summary>
    /// <exception cref="InvalidDataException">What is recorded is no number, or no scale.</exception>
    public static LogitRule? InMetadata(OnnxGraph graph)
    {
        double? Recorded(string key, Func<double, bool> isGood, string expected)
        {
            if (!graph.Metadata.TryGetValue(key, out string? text))
            {
                return null;
            }
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && isGood(value)
                ? value
                : throw new InvalidDataException($"The '{key}' in the metadata of {graph.Description} must be {expected}, but is '{text}'.");
        }

        return Recorded(RecordedKey, IsScale, "a positive number, exp(t)") is { } scale ? new(scale, Recorded(RecordedBiasKey, IsBias, "a number")) : null;
    }

    /// <summary>The numbers recorded in config.json or open_clip_config.json.</summary>
    /// <exception cref="InvalidDataException">A file is no JSON, or what is recorded is no number, or no scale.</exception>
    public static LogitRule? InConfiguration(ModelFiles files)
    {
        foreach (string name in KnownFiles.ModelConfigurations.Where(files.Contains))
        {
            var file = JsonFile.Open(files, name);
            if (file[RecordedKey] is { Exists: true } recorded)
            {
                double scale = recorded.FiniteNumber is { } value && IsScale(value) ? value : throw recorded.Error("a positive number, exp(t)");
                var bias = file[RecordedBiasKey];
                return new(scale, !bias.Exists ? null : bias.FiniteNumber is { } added && IsBias(added) ? added : throw bias.Error("a number"));
            }
        }
        return null;
    }

    private static bool IsScale(double value) => value is > 0 and < float.MaxValue;

    private static bool IsBias(double value) => Math.Abs(value) < float.MaxValue;

    /// <summary>The constant factor of a tensor, and what is added to it, looked for through the steps between the cosines and the logits.</summary>
    private static LogitRule? Rule(ModelFiles files, OnnxGraph graph, string tensor, double? bias, int steps)
    {
        if (steps == 0 || graph.Producer(tensor) is not { } node)
        {
            return null;
        }
        switch (node)
        {
            case { Operation: "Transpose" or "Cast" or "Identity" }:
                return Rule(files, graph, node.Input(0), bias, steps - 1);
            case { Operation: "Add", Inputs: [var a, var b] } when bias is null:
                return OnnxConstant.Evaluate(files, graph, b) is { } behind ? Rule(files, graph, a, behind, steps - 1)
                    : OnnxConstant.Evaluate(files, graph, a) is { } before ? Rule(files, graph, b, before, steps - 1) : null;
            default:
                return Factor(files, graph, tensor, steps) is { } factor && (bias is null || IsBias(bias.Value)) ? new(factor, bias) : null;
        }
    }

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
