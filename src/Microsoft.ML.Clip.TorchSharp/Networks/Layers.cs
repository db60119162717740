using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

// What every tower is made of. Parameters stay float and go by torch's names; a layer computes in the type of its input, and the norms in float.

/// <summary>x Wᵀ + b, computed in the type of its input; its parameters stay float.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [output, input]
    private readonly Parameter _bias;   // [output]

    public LinearLayer(int input, int output, double standardDeviation, Initialization initialization)
        : base(nameof(LinearLayer))
    {
        _weight = initialization.Normal(standardDeviation, output, input);
        _bias = initialization.Constant(0, output);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    /// <param name="input">[..., input]</param>
    /// <returns>[..., output]</returns>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight.to(input.dtype), _bias.to(input.dtype));
}

/// <summary>Layer normalisation over the last axis, computed in float and given back in the type of its input.</summary>
internal sealed class LayerNormLayer : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;

    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly long[] _shape;

    public LayerNormLayer(int width, Initialization initialization)
        : base(nameof(LayerNormLayer))
    {
        _shape = [width];
        _weight = initialization.Constant(1, width);
        _bias = initialization.Constant(0, width);
        register_parameter("weight", _weight);
        register_parameter("bias", _bias);
    }

    public override Tensor forward(Tensor input) =>
        nn.functional.layer_norm(input.to(ScalarType.Float32), _shape, _weight, _bias, Epsilon).to(input.dtype);
}

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
    /// <param name="initialization">Makes the numbers.</param>
    /// <param name="gain">The first value of the gain: 0 at the end of a residual branch, so that a block starts as the identity.</param>
    public BatchNormLayer(int channels, Initialization initialization, double gain = 1)
        : base(nameof(BatchNormLayer))
    {
        _weight = initialization.Constant(gain, channels);
        _bias = initialization.Constant(0, channels);
        _mean = initialization.Buffer(0, channels);
        _variance = initialization.Buffer(1, channels);
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

/// <summary>A convolution without bias that computes in the type of its input; its weight stays float.</summary>
internal sealed class ConvolutionLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight; // [output, input, kernel, kernel]
    private readonly int _kernel;
    private readonly int _stride;

    public ConvolutionLayer(int input, int output, int kernel, int stride, Initialization initialization)
        : base(nameof(ConvolutionLayer))
    {
        _kernel = kernel;
        _stride = stride;
        _weight = initialization.Convolution(output, input, kernel);
        register_parameter("weight", _weight);
    }

    /// <param name="input">[N, input, H, W]</param>
    /// <returns>[N, output, H / stride, W / stride]</returns>
    public override Tensor forward(Tensor input) => _kernel == _stride && _kernel > 1 ? Patches(input) : nn.functional.conv2d(
        input, _weight.to(input.dtype), strides: [_stride, _stride], padding: [(_kernel - 1) / 2, (_kernel - 1) / 2]);

    /// <summary>
    /// Patches that do not overlap are one matrix product. oneDNN's convolution of three channels is many times slower than that, above all backwards.
    /// </summary>
    private Tensor Patches(Tensor input)
    {
        long n = input.shape[0], channels = input.shape[1], rows = input.shape[2] / _kernel, columns = input.shape[3] / _kernel;
        var patches = input.permute(0, 2, 3, 1)                                      // [N, H, W, C]
            .reshape(n, rows, _kernel, columns, _kernel, channels)
            .permute(0, 1, 3, 2, 4, 5)
            .reshape(n * rows * columns, _kernel * _kernel * channels);
        var weight = _weight.to(input.dtype).permute(0, 2, 3, 1).reshape(_weight.shape[0], -1);
        return patches.matmul(weight.t()).reshape(n, rows, columns, -1).permute(0, 3, 1, 2);
    }
}

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

/// <summary>A level of names without a computation of its own, such as <c>mlp</c> in <c>mlp.c_fc</c>.</summary>
internal sealed class ModuleGroup : nn.Module
{
    public ModuleGroup(params (string Name, nn.Module Module)[] members)
        : base(nameof(ModuleGroup))
    {
        foreach ((string name, var module) in members)
        {
            register_module(name, module);
        }
    }
}

/// <summary>Fresh parameters, drawn from one generator so that a seed fixes them all without touching torch's global state.</summary>
/// <param name="seed">Fixes the numbers, whatever the device.</param>
/// <param name="device">Where they go; the processor's memory if <see langword="null"/>.</param>
/// <param name="cancellation">Ends the making of a large network between two parameters.</param>
internal sealed class Initialization(long seed, Device? device = null, CancellationToken cancellation = default) : IDisposable
{
    private readonly Generator _generator = new((ulong)seed, CPU);

    /// <summary>Normal with mean 0.</summary>
    public Parameter Normal(double standardDeviation, params long[] shape)
    {
        cancellation.ThrowIfCancellationRequested();
        using var values = randn(shape, dtype: ScalarType.Float32, generator: _generator);
        return new Parameter(Place(values.Times(standardDeviation)));
    }

    /// <summary>
    /// A convolution's weight [output, input, kernel, kernel], normal with the variance 2 / (output · kernel²) of He et al. 2015, stored channels last.
    /// </summary>
    public Parameter Convolution(int output, int input, int kernel)
    {
        using var values = randn([output, kernel, kernel, input], dtype: ScalarType.Float32, generator: _generator);
        return new Parameter(Place(values.Times(Math.Sqrt(2.0 / (output * (double)kernel * kernel)))).permute(0, 3, 1, 2));
    }

    public Parameter Constant(double value, params long[] shape) => new(Buffer(value, shape));

    /// <summary>One number everywhere, not learned.</summary>
    public Tensor Buffer(double value, params long[] shape) => Place(TensorNumbers.Filled(value, shape));

    public void Dispose() => _generator.Dispose();

    /// <summary>The values on the device; those given are gone where it is another.</summary>
    private Tensor Place(Tensor values)
    {
        if (device is null || device.type == DeviceType.CPU)
        {
            return values;
        }
        using (values)
        {
            return values.to(device);
        }
    }
}
