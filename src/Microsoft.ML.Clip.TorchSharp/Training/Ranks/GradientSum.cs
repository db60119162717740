using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Adds what the ranks have found in a step: gradients, and with them the loss, which is the first rank's word, and the running statistics of batch norms, of
/// which the mean is taken. All in one piece, so that ranks wait for each other once.
/// </summary>
internal sealed class GradientSum : IDisposable
{
    private readonly RankGroup _ranks;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly IReadOnlyList<Tensor> _statistics;
    private readonly Tensor _flat;

    public GradientSum(RankGroup ranks, ClipModule module)
    {
        _ranks = ranks;
        _parameters = [.. module.TrainedParameters().Select(p => p.Value)];
        // Those of a locked tower stay as they are.
        _statistics = module.IsImageLocked ? [] : [.. module.Weights().Where(w => ParameterNames.IsStatistic(w.Key)).Select(w => w.Value)];
        _flat = zeros(1 + _parameters.Sum(p => p.numel()) + _statistics.Sum(s => s.numel())).DetachFromDisposeScope();
    }

    /// <summary>Replaces the gradients of the parameters by their sums.</summary>
    /// <returns>The first rank's loss.</returns>
    public double Run(double loss)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using Scalar first = _ranks.IsFirst ? loss : 0;
        _flat.narrow(0, 0, 1).fill_(first);
        long start = 1;
        foreach (var parameter in _parameters)
        {
            using var gradient = parameter.grad;
            var part = _flat.narrow(0, start, parameter.numel()).view(parameter.shape);
            // The same on all ranks; one that no rank has stays without.
            if (gradient is null)
            {
                part.zero_();
            }
            else
            {
                part.copy_(gradient);
            }
            start += parameter.numel();
        }
        foreach (var statistic in _statistics)
        {
            _flat.narrow(0, start, statistic.numel()).view(statistic.shape).copy_(statistic);
            start += statistic.numel();
        }
        _ranks.Sum(_flat);
        start = 1;
        foreach (var parameter in _parameters)
        {
            using var gradient = parameter.grad;
            if (gradient is not null)
            {
                Take(parameter, gradient, start);
            }
            start += parameter.numel();
        }
        foreach (var statistic in _statistics)
        {
            statistic.copy_(_flat.narrow(0, start, statistic.numel()).view(statistic.shape)).DividedBy_(_ranks.Size);
            start += statistic.numel();
        }
        return _flat.narrow(0, 0, 1).item<float>();
    }

    public void Dispose() => _flat.Dispose();

    /// <summary>The sum becomes the gradient where it lies, if it lies as the gradient did; else it is copied there.</summary>
    private void Take(Parameter parameter, Tensor gradient, long start)
    {
        var sum = _flat.narrow(0, start, parameter.numel()).view(parameter.shape);
        if (gradient.device_type == DeviceType.CPU && gradient.is_contiguous() && parameter.is_contiguous())
        {
            parameter.grad = sum;
        }
        else
        {
            gradient.copy_(sum);
        }
    }
}
