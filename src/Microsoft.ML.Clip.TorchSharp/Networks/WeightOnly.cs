using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>A parameter whose name ends in <c>.weight</c>.</summary>
internal sealed class WeightOnly : nn.Module
{
    public WeightOnly(Parameter weight)
        : base(nameof(WeightOnly))
    {
        Value = weight;
        register_parameter("weight", weight);
    }

    public Parameter Value { get; }
}
