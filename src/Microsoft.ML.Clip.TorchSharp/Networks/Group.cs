using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>A level of names without a computation of its own, such as <c>mlp</c> in <c>mlp.c_fc</c>.</summary>
internal sealed class Group : nn.Module
{
    public Group(params (string Name, nn.Module Module)[] members)
        : base(nameof(Group))
    {
        foreach ((string name, var module) in members)
        {
            register_module(name, module);
        }
    }
}
