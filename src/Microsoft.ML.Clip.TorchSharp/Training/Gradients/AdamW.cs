using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// AdamW of Loshchilov and Hutter 2019: the decay acts on the weight, not through the gradient. Gains, biases, class tokens and t (whatever has fewer than
/// two axes) are not decayed.
/// </summary>
/// <remarks>Written here, in two dozen operations, so that its state is a list of named tensors that a checkpoint can hold.</remarks>
internal sealed class AdamW : IDisposable
{
    private readonly IReadOnlyList<(string Name, Parameter Value)> _parameters;
    private readonly Tensor[] _first;   // mean of the gradients
    private readonly Tensor[] _second;  // mean of their squares
    private readonly double _beta1, _beta2, _epsilon, _decay;

    public AdamW(IReadOnlyList<(string Name, Parameter Value)> parameters, double beta1, double beta2, double epsilon, double decay)
    {
        _parameters = parameters;
        (_beta1, _beta2, _epsilon, _decay) = (beta1, beta2, epsilon, decay);
        _first = [.. parameters.Select(p => zeros_like(p.Value, requires_grad: false).DetachFromDisposeScope())];
        _second = [.. parameters.Select(p => zeros_like(p.Value, requires_grad: false).DetachFromDisposeScope())];
    }

    /// <summary>Whether a parameter decays.</summary>
    public static bool Decays(Tensor parameter) => parameter.dim() >= 2;

    /// <summary>The state by name, to save and to restore in place.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() =>
        _parameters.SelectMany((p, i) => new[] { ($"first.{p.Name}", _first[i]), ($"second.{p.Name}", _second[i]) });

    /// <param name="rate">The learning rate.</param>
    /// <param name="step">From 1; corrects the means for having started at zero.</param>
    /// <param name="threads">Threads that parameters are divided among; the result does not depend on them.</param>
    public void Step(double rate, int step, TorchThreads threads)
    {
        double correction1 = 1 - Math.Pow(_beta1, step), correction2 = Math.Sqrt(1 - Math.Pow(_beta2, step));
        threads.For(_parameters.Count, i =>
        {
            using var _ = no_grad();
            var p = _parameters[i].Value;
            if (p.grad is not { } gradient)
            {
                return;
            }
            using (gradient)
            {
                if (_decay > 0 && Decays(p))
                {
                    p.Times_(1 - (rate * _decay));
                }
                _first[i].Times_(_beta1).PlusTimes_(gradient, 1 - _beta1);
                _second[i].Times_(_beta2).PlusSquareTimes_(gradient, 1 - _beta2);
                using var deviation = _second[i].sqrt().DividedBy_(correction2).Plus_(_epsilon);
                p.PlusQuotientTimes_(_first[i], deviation, -rate / correction1);
            }
        });
    }

    public void ZeroGradients()
    {
        foreach ((string _, var p) in _parameters)
        {
            p.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var state in _first.Concat(_second))
        {
            state.Dispose();
        }
    }
}
