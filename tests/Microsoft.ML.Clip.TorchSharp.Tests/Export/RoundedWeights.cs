using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The rounding of an export, applied to the tensors of a Vision Transformer and a text Transformer by torch's own operations: what the exported graph
/// must then compute to float32 precision.
/// </summary>
internal static class RoundedWeights
{
    public static void Apply(IReadOnlyDictionary<string, Tensor> weights, ClipWeightPrecision precision)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        foreach (var (name, tensor) in weights.Where(w => w.Value.shape.Length >= 2))
        {
            bool isPositions = name.EndsWith("positional_embedding", StringComparison.Ordinal);
            var rounded = precision == ClipWeightPrecision.Float16 || isPositions ? tensor.to(ScalarType.Float16).to(ScalarType.Float32) : Int8(name, tensor);
            tensor.copy_(rounded);
        }
    }

    // An output channel is a row, except of the projections, which are stored as [input, output].
    private static Tensor Int8(string name, Tensor tensor)
    {
        bool isProjection = name is "visual.proj" or "text_projection";
        long[] others = [.. Enumerable.Range(0, tensor.shape.Length).Where(axis => axis != (isProjection ? 1 : 0)).Select(axis => (long)axis)];
        var scale = tensor.abs().amax(others, keepdim: true) / 127;
        return (tensor / scale).round() * scale;
    }
}
