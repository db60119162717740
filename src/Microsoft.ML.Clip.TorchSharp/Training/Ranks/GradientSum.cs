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

    /// <summary>Bytes of what is added.</summary>
    public long Bytes => _flat.numel() * sizeof(float);

    /// <summary>Replaces the gradients of the parameters by their sums.</summary>
    /// <returns>The first rank's loss.</returns>
    public double Run(double loss)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using Scalar first = _ranks.IsFirst ? loss : 0;
        _flat.narrow(0, 0, 1).fill_(first);
        ForEach((part, value) =>
        {
            if (value is null)
            {
                part.zero_();
            }
            else
            {
                part.copy_(value);
            }
        });
        _ranks.Sum(_flat);
        ForEach((part, value) => value?.copy_(part));
        foreach (var statistic in _statistics)
        {
            statistic.DividedBy_(_ranks.Size);
        }
        return _flat.narrow(0, 0, 1).item<float>();
    }

    public void Dispose() => _flat.Dispose();

    private void ForEach(Action<Tensor, Tensor?> action)
    {
        long start = 1;
        foreach (var (value, shape) in _parameters.Select(p => (p.grad, p.shape)).Concat(_statistics.Select(s => ((Tensor?)s, s.shape))))
        {
            long length = shape.Aggregate(1L, (product, axis) => product * axis);
            action(_flat.narrow(0, start, length).view(shape), value);
            start += length;
        }
    }
}
