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
            .Select(name => Rule(files, graph, name)).FirstOrDefault(rule => rule is not null);

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

    /// <summary>
    /// What a tensor is of the cosines that it is made of, found by walking back through all that is done to them with constants:
    /// (cosine + b) · s carries a bias of s · b, and several factors are one.
    /// </summary>
    private static LogitRule? Rule(ModelFiles files, OnnxGraph graph, string tensor)
    {
        double? scale = null, bias = null;
        for (int i = 0; i < MaximumSteps && graph.Producer(tensor) is { } node; i++)
        {
            if (node.Operation is "MatMul" or "FusedMatMul" or "Gemm" && node.Inputs is [var left, var right, ..])
            {
                double? alpha = node.Numbers.TryGetValue("alpha", out double value) && value != 1 ? value : null;
                if (node.Operation == "Gemm" && node.HasInput(2))
                {
                    if (Constant(node.Input(2)) is not { } added)
                    {
                        return null;
                    }
                    Add(added * node.Numbers.GetValueOrDefault("beta", 1));
                }
                // exp(t) · I_e may be taken before the product, and a fused product carries a factor of its own.
                foreach (double factor in new[] { alpha, TowerFactor(files, graph, left), TowerFactor(files, graph, right) }.OfType<double>())
                {
                    Multiply(factor);
                }
                return scale is { } s && IsScale(s) && (bias is null || IsBias(bias.Value)) ? new(s, bias) : null;
            }
            if (node.Operation is "Transpose" or "Cast" or "Identity" or "Reshape" or "Squeeze" or "Unsqueeze")
            {
                tensor = node.Input(0);
                continue;
            }
            if (node.Inputs is not [var a, var b])
            {
                return null;
            }
            double? behind = Constant(b), before = behind is null ? Constant(a) : null;
            switch (node.Operation)
            {
                case "Mul" when (behind ?? before) is { } factor:
                    Multiply(factor);
                    break;
                case "Div" when behind is { } divisor:
                    Multiply(1 / divisor);
                    break;
                case "Add" when (behind ?? before) is { } added:
                    Add(added);
                    break;
                case "Sub" when behind is { } removed:
                    Add(-removed);
                    break;
                default:
                    return null;
            }
            tensor = behind is null ? b : a;
        }
        return null;

        double? Constant(string name) => OnnxConstant.Evaluate(files, graph, name);

        void Multiply(double factor) => scale = (scale ?? 1) * factor;

        void Add(double added) => bias = (bias ?? 0) + ((scale ?? 1) * added);
    }

    /// <summary>By what a tower's embedding is multiplied behind its norm; null if it is not.</summary>
    private static double? TowerFactor(ModelFiles files, OnnxGraph graph, string tensor)
    {
        double? all = null;
        for (int i = 0; i < MaximumSteps && graph.Producer(tensor) is { } node; i++)
        {
            double? factor = null;
            switch (node)
            {
                case { Operation: "Transpose" or "Cast" or "Identity" or "Reshape" or "Squeeze" or "Unsqueeze" }:
                    tensor = node.Input(0);
                    continue;
                case { Operation: "Mul", Inputs: [var a, var b] }:
                    factor = OnnxConstant.Evaluate(files, graph, b);
                    tensor = factor is null ? b : a;
                    factor ??= OnnxConstant.Evaluate(files, graph, a);
                    break;
                case { Operation: "Div", Inputs: [var a, var b] }:
                    factor = 1 / OnnxConstant.Evaluate(files, graph, b);
                    tensor = a;
                    break;
            }
            if (factor is null)
            {
                break;
            }
            all = (all ?? 1) * factor;
        }
        return all;
    }
}
