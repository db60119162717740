namespace Microsoft.ML.Clip;

/// <summary>One block of the modified ResNet as its parameters see it.</summary>
/// <param name="Stage">The part of the names of its stage, <c>layer1</c> for the first.</param>
/// <param name="Index">Its number in the stage, from 0.</param>
/// <param name="Input">Channels that come in.</param>
/// <param name="Width">Channels of its 3x3 convolutions.</param>
/// <param name="Output">Channels that go out.</param>
/// <param name="Stride">2 where the block halves the size, by average pooling; else 1.</param>
/// <param name="Kind">What it is made of.</param>
internal sealed record ResidualBlock(string Stage, int Index, int Input, int Width, int Output, int Stride, ClipResidualBlock Kind)
{
    /// <summary>The prefix of its parameters, <c>visual.layer1.0</c> for the first.</summary>
    public string Name => $"visual.{Stage}.{Index}";

    /// <summary>Whether the way around the block has a convolution.</summary>
    public bool HasShortcut => Stride > 1 || Input != Output;

    /// <summary>Its convolutions with the norms behind them.</summary>
    public IEnumerable<(string Convolution, string Norm, int Input, int Output, int Kernel)> Convolutions
    {
        get
        {
            bool isBottleneck = Kind == ClipResidualBlock.Bottleneck;
            yield return ("conv1", "bn1", Input, Width, isBottleneck ? 1 : 3);
            yield return ("conv2", "bn2", Width, Width, 3);
            if (isBottleneck)
            {
                yield return ("conv3", "bn3", Width, Output, 1);
            }
            if (HasShortcut)
            {
                yield return ("downsample.0", "downsample.1", Input, Output, 1);
            }
        }
    }

    /// <summary>All blocks of an image tower, the first first.</summary>
    public static IEnumerable<ResidualBlock> All(ClipArchitecture a)
    {
        int input = a.VisionWidth;
        for (int stage = 0; stage < a.StageBlocks.Length; stage++)
        {
            for (int block = 0; block < a.StageBlocks[stage]; block++)
            {
                int output = a.StageOutput(stage);
                yield return new($"layer{stage + 1}", block, input, a.StageWidths[stage], output, stage > 0 && block == 0 ? 2 : 1, a.ResidualBlock);
                input = output;
            }
        }
    }
}
