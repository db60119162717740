using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>A model's parameters, checked against its architecture.</summary>
internal sealed class WeightTable
{
    private readonly IReadOnlyDictionary<string, Tensor> _tensors;

    /// <param name="architecture">What the parameters belong to.</param>
    /// <param name="tensors">Parameters by OpenAI's names; others than the architecture's are not looked at.</param>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape; the message names it.</exception>
    public WeightTable(ClipArchitecture architecture, IReadOnlyDictionary<string, Tensor> tensors)
    {
        _tensors = tensors;
        foreach (var (name, shape) in ParameterShapes.Of(architecture))
        {
            if (!tensors.TryGetValue(name, out var tensor))
            {
                throw new ArgumentException($"The parameter '{name}' [{string.Join(", ", shape)}] is missing.", nameof(tensors));
            }
            if (!tensor.shape.SequenceEqual(shape.Select(s => (long)s)))
            {
                throw new ArgumentException($"The parameter '{name}' has the shape [{string.Join(", ", tensor.shape)}], but the architecture needs [{string.Join(", ", shape)}].", nameof(tensors));
            }
        }
    }

    /// <summary>A parameter's values, whatever the device, type and memory layout of its tensor.</summary>
    /// <exception cref="ArgumentException">A value is not finite; the message names the parameter.</exception>
    public WeightTensor this[string name]
    {
        get
        {
            using var scope = torch.NewDisposeScope();
            using var noGradients = torch.no_grad();
            var tensor = _tensors[name];
            float[] values = tensor.detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
            int bad = Array.FindIndex(values, v => !float.IsFinite(v));
            return bad < 0 ? new WeightTensor(name, values, [.. tensor.shape.Select(s => (int)s)])
                : throw new ArgumentException($"The parameter '{name}' holds {values[bad]} at place {bad} of [{string.Join(", ", tensor.shape)}].");
        }
    }
}
