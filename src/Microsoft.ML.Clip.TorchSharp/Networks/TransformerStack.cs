using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>Blocks one after another, named <c>resblocks.0</c>, <c>resblocks.1</c>, ...</summary>
internal sealed class TransformerStack : nn.Module<Tensor, Tensor>
{
    private readonly TransformerBlock[] _blocks;

    public TransformerStack(int width, int heads, int layers, bool causal, ClipActivation activation, Initialization initialization)
        : base(nameof(TransformerStack))
    {
        _blocks = [.. Enumerable.Range(0, layers).Select(_ => new TransformerBlock(width, heads, layers, causal, activation, initialization))];
        register_module("resblocks", new Group([.. _blocks.Select((b, i) => ($"{i}", (nn.Module)b))]));
    }

    /// <param name="input">[N, length, width]</param>
    /// <returns>[N, length, width]</returns>
    public override Tensor forward(Tensor input) => _blocks.Aggregate(input, (x, block) => block.forward(x));
}
