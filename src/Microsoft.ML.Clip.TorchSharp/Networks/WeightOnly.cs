using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>A parameter whose name ends in <c>.weight</c>.</summary>
internal sealed class WeightOnly : nn.Module
{
    public WeightOnly(Parameter weight)
        : base(nameof(WeightOnly)) => register_parameter("weight", weight);
}
