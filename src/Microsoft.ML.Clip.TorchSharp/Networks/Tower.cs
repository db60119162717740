using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>An encoder and its projection into the joint space.</summary>
internal abstract class Tower(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>The type in which a text tower computes what lies between its embeddings and T_f. An image tower follows its pixels.</summary>
    public ScalarType ActivationType { get; set; } = ScalarType.Float32;

    /// <summary>I_f W_i or T_f W_t: [N, joint], not normalised, float.</summary>
    /// <param name="features">I_f or T_f, what <c>forward</c> gives: [N, width].</param>
    public abstract Tensor Project(Tensor features);
}
