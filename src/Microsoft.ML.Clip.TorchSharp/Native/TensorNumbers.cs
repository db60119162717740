using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Operations of a tensor and a number, and those that take one in silence: a sum has a factor. TorchSharp (0.107) makes an object of the number and hands
/// libtorch what is inside; nothing keeps the object alive until libtorch is done, so the collector may free it in between. Then the step fails with "Expected
/// false to be true", or computes with whatever lies there. Here the number outlives the call.
/// </summary>
/// <remarks>
/// A name that ends in an underscore works in place, as torch's do. Where TorchSharp disposes its numbers itself (dotnet/TorchSharp#1434), this can go.
/// </remarks>
internal static class TensorNumbers
{
    private static readonly Scalar One = 1;

    /// <summary>x + y, which TorchSharp computes as x + 1 · y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    public static Tensor Plus_(this Tensor x, Tensor y) => x.add_(y, One);

    /// <summary>x + factor · y.</summary>
    public static Tensor PlusTimes_(this Tensor x, Tensor y, double factor)
    {
        using Scalar f = factor;
        return x.add_(y, f);
    }

    /// <summary>x + factor · y².</summary>
    public static Tensor PlusSquareTimes_(this Tensor x, Tensor y, double factor)
    {
        using Scalar f = factor;
        return x.addcmul_(y, y, f);
    }

    /// <summary>x + factor · y / z.</summary>
    public static Tensor PlusQuotientTimes_(this Tensor x, Tensor y, Tensor z, double factor)
    {
        using Scalar f = factor;
        return x.addcdiv_(y, z, f);
    }

    public static Tensor Plus_(this Tensor x, double number)
    {
        using Scalar n = number;
        return x.add_(n, One);
    }

    public static Tensor Times(this Tensor x, double factor)
    {
        using Scalar f = factor;
        return x.mul(f);
    }

    public static Tensor Times_(this Tensor x, double factor)
    {
        using Scalar f = factor;
        return x.mul_(f);
    }

    public static Tensor DividedBy(this Tensor x, double divisor)
    {
        using Scalar d = divisor;
        return x.div(d);
    }

    public static Tensor DividedBy_(this Tensor x, double divisor)
    {
        using Scalar d = divisor;
        return x.div_(d);
    }

    /// <summary>Where x is a whole number: true or false.</summary>
    public static Tensor Is(this Tensor x, long number)
    {
        using Scalar n = number;
        return x.eq(n);
    }

    public static Tensor AtLeast(this Tensor x, double least)
    {
        using Scalar l = least;
        return x.clamp(min: l);
    }

    public static Tensor AtMost(this Tensor x, double most)
    {
        using Scalar m = most;
        return x.clamp(max: m);
    }

    public static Tensor AtMost_(this Tensor x, double most)
    {
        using Scalar m = most;
        return x.clamp_(max: m);
    }

    /// <summary>A new tensor that holds one number everywhere, float.</summary>
    public static Tensor Filled(double number, params long[] shape)
    {
        using Scalar n = number;
        return full(shape, n, dtype: ScalarType.Float32);
    }
}
