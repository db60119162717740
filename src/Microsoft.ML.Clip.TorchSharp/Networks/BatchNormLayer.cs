using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>Batch normalisation over [N, C, H, W] whose statistics, gain and bias stay float whatever the type of its input.</summary>
internal sealed class BatchNormLayer : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5, Momentum = 0.1;

    [ThreadStatic]
    private static bool _isFrozen;

    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly Tensor _mean;
    private readonly Tensor _variance;

    /// <param name="channels">C</param>
    /// <param name="gain">The first value of the gain: 0 at the end of a residual branch, so that a block starts as the identity.</param>
    public BatchNormLayer(int channels, double gain = 1)
        : base(nameof(BatchNormLayer))
    {
        _weight = Initialization.Constant(gain, channels);
        _bias = Initialization.Constant(0, channels);
        _mean = zeros(channels, dtype: ScalarType.Float32);
        _variance = ones(channels, dtype: ScalarType.Float32);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
        register_buffer("running_mean", _mean);
        register_buffer("running_var", _variance);
    }

    /// <summary>
    /// Has forward passes of this thread leave the running statistics alone until the result is disposed: where the same images pass twice, or several threads
    /// share the norm.
    /// </summary>
    /// <param name="when">Whether to do so at all.</param>
    public static FrozenStatistics FreezeStatistics(bool when = true)
    {
        var scope = new FrozenStatistics(_isFrozen);
        _isFrozen |= when;
        return scope;
    }

    public override Tensor forward(Tensor input) => training && _isFrozen
        ? nn.functional.batch_norm(input, null, null, _weight, _bias, training: true, Momentum, Epsilon)
        : nn.functional.batch_norm(input, _mean, _variance, _weight, _bias, training, Momentum, Epsilon);

    /// <summary>Ends what <see cref="FreezeStatistics"/> began. On the stack, so that it cannot end on another thread.</summary>
    public readonly ref struct FrozenStatistics(bool before)
    {
        public void Dispose() => _isFrozen = before;
    }
}
