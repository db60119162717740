using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>One training: networks, optimiser and step count, which a checkpoint saves and restores.</summary>
internal sealed class TrainingSession : IDisposable
{
    private readonly ClipContrastiveTrainer.Options _options;
    private readonly BatchMaker _batches;
    private readonly ClipModule? _average;
    private readonly RankGroup? _ranks;
    private readonly GradientSum? _sum;
    private readonly IGradientStep _gradients;
    private readonly AdamW _optimizer;
    private readonly WarmupCosineSchedule _schedule;
    private readonly IReadOnlyDictionary<string, Tensor> _weights;
    private readonly IReadOnlyDictionary<string, Tensor>? _averageWeights;

    /// <exception cref="OperationCanceledException">The token asks for an end.</exception>
    public TrainingSession(ClipContrastiveTrainer.Options options, ClipArchitecture architecture, BatchMaker batches, RankGroup? ranks = null,
        CancellationToken cancellation = default)
    {
        (_options, _batches, _ranks) = (options, batches, ranks);
        var device = TrainingDevice.Parse(options.Device);
        Module = new ClipModule(architecture, options.Seed, device, cancellation);
        if (options.InitialWeights is not null)
        {
            Module.CopyFrom(options.InitialWeights);
        }
        if (options.LockedImageTower)
        {
            Module.LockImage();
        }
        Module.Learn();
        Module.Text.ActivationType = options.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        _weights = Module.Weights();
        if (options.AverageDecay > 0)
        {
            _average = new ClipModule(architecture, options.Seed, device, cancellation);
            _average.CopyFrom(_weights);
            _average.eval();
            _averageWeights = _average.Weights();
        }

        _optimizer = new AdamW(Module.TrainedParameters(), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
        _schedule = new WarmupCosineSchedule(options.LearningRate, options.WarmupSteps ?? Math.Min(2000, options.Steps / 20), options.Steps);
        _sum = ranks is null ? null : new GradientSum(ranks, Module);
        // The last: from here on libtorch's threads may be off until this is disposed.
        _gradients = IGradientStep.Choose(options, batches.OwnSize);
    }

    public ClipModule Module { get; }

    /// <summary>The network with averaged weights, or the trained one itself if nothing is averaged.</summary>
    public ClipModule Result => _average ?? Module;

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Whether it goes on from a checkpoint.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>exp(t).</summary>
    public double LogitScale => Math.Exp(Module.LogitScale.item<float>());

    /// <summary>The rate of the next step.</summary>
    public double LearningRate => _schedule.At(Step);

    /// <summary>The time that went into making batches.</summary>
    public TimeSpan DataTime { get; private set; }

    /// <summary>One step of gradient descent.</summary>
    /// <param name="part">Is called before each part of it with how much of it is done. Where it throws, the network is what it was before the step.</param>
    /// <returns>The loss before it.</returns>
    /// <exception cref="ClipTrainingException">The loss or a gradient is not a number; the weights are as they were.</exception>
    public double Run(Action<double>? part = null)
    {
        using var scope = NewDisposeScope();
        long start = Stopwatch.GetTimestamp();
        var batch = _batches.Make(Step);
        DataTime += Stopwatch.GetElapsedTime(start);

        _optimizer.ZeroGradients();
        double loss = Backward(batch, part);
        // From here on all ranks have the same numbers, and find the same.
        loss = _sum?.Run(loss) ?? loss;
        if (!double.IsFinite(loss))
        {
            throw Agreed($"The loss of step {Step + 1} is {loss}, at a learning rate of {LearningRate:g3} and exp(t) = {LogitScale:f1}. The weights are those before the step.");
        }
        CheckGradients();
        _optimizer.Step(LearningRate, Step + 1, _gradients.Threads);
        using (no_grad())
        {
            Module.LogitScale.AtMost_(MaximumLogitScale);
        }
        Step++;
        if (_averageWeights is not null)
        {
            WeightAverage.Update(_averageWeights, _weights, _options.AverageDecay, Step);
        }
        return loss;
    }

    /// <summary>Reads the checkpoint, if there is one; of several ranks the first does, and the others get what it has.</summary>
    /// <exception cref="ClipTrainingException">The checkpoint cannot be read, or is of another run.</exception>
    public void Begin()
    {
        if (_ranks is null or { IsFirst: true } && File.Exists(_options.CheckpointPath))
        {
            Load(_options.CheckpointPath);
            IsResumed = true;
        }
        if (_ranks is not null)
        {
            string first = _ranks.Gather(IsResumed ? Step.ToString(CultureInfo.InvariantCulture) : "")[0];
            IsResumed = first.Length > 0;
            Step = IsResumed ? int.Parse(first, CultureInfo.InvariantCulture) : 0;
            TakeFromFirst();
        }
    }

    /// <summary>Makes all that a checkpoint holds on every rank what it is on the first.</summary>
    public void TakeFromFirst() => _ranks?.TakeFromFirst([.. State().Select(s => s.Value)]);

    public void Save(string path) => TrainingCheckpoint.Save(path, State(), new Dictionary<string, string>
    {
        ["step"] = Step.ToString(CultureInfo.InvariantCulture),
        ["run"] = Fingerprint(),
        ["settings"] = JsonSerializer.Serialize(RunSettings.Of(_options, _batches.Captions)),
    });

    /// <exception cref="ClipTrainingException">The checkpoint cannot be read, or is of another run.</exception>
    public void Load(string path)
    {
        int step = 0;
        TrainingCheckpoint.Load(path, State(), found =>
        {
            string run = found.GetValueOrDefault("run", "unknown"), count = found.GetValueOrDefault("step", "unknown");
            if (run != Fingerprint())
            {
                throw new InvalidDataException($"it is of the run {run}, but this one is {Fingerprint()}. {RunSettings.WayOut}");
            }
            if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out step))
            {
                throw new InvalidDataException($"its step is '{count}', where a whole number of at least 0 is expected");
            }
            if (step > _options.Steps)
            {
                throw new InvalidDataException($"it has done {step} steps, more than {nameof(_options.Steps)}, {_options.Steps}. {RunSettings.WayOut}");
            }
            // Checkpoints of the versions before this have none.
            if (found.TryGetValue("settings", out string? settings))
            {
                RunSettings.Check(settings, RunSettings.Of(_options, _batches.Captions));
            }
        });
        Step = step;
    }

    public void Dispose()
    {
        _gradients.Threads.Dispose();
        _sum?.Dispose();
        _optimizer.Dispose();
        if (_average is not null)
        {
            Module.Dispose();
        }
    }

    /// <summary>log(100): the paper clips t so that logits are scaled by at most 100, which keeps the training stable.</summary>
    private static readonly double MaximumLogitScale = Math.Log(100);

    /// <summary>
    /// The gradient. A forward pass moves the statistics of batch norms; if the step does not come to its end, they go back, so that a checkpoint holds what
    /// the run had without it.
    /// </summary>
    private double Backward(TrainingBatch batch, Action<double>? part)
    {
        var statistics = _weights.Where(w => ParameterNames.IsStatistic(w.Key)).Select(w => (Now: w.Value, Before: w.Value.clone())).ToList();
        try
        {
            return _gradients.Backward(Module, batch, part);
        }
        catch (OperationCanceledException)
        {
            using var _ = no_grad();
            statistics.ForEach(s => s.Now.copy_(s.Before));
            throw;
        }
    }

    private ClipTrainingException Agreed(string message)
    {
        ClipTrainingException error = new(message);
        return _ranks?.Agreed(error) ?? error;
    }

    private void CheckGradients()
    {
        foreach ((string name, var parameter) in Module.TrainedParameters())
        {
            using var gradient = parameter.grad;
            if (gradient is not null && !double.IsFinite(gradient.sum().item<float>()))
            {
                throw Agreed($"The gradient of '{name}' in step {Step + 1} is not finite, at a learning rate of {LearningRate:g3}. The weights are those before the step.");
            }
        }
    }

    private List<(string Name, Tensor Value)> State() =>
    [
        .. _weights.Select(w => ($"weights.{w.Key}", w.Value)),
        .. _averageWeights?.Select(w => ($"average.{w.Key}", w.Value)) ?? [],
        .. _optimizer.State(),
    ];

    /// <summary>What has to be equal for a checkpoint to fit; <see cref="ClipContrastiveTrainer.Options.Steps"/> may change.</summary>
    private string Fingerprint() => JsonSerializer.Serialize(new
    {
        _options.Seed,
        _batches.BatchSize,
        _batches.StepsPerEpoch,
        Loss = $"{_options.Loss}",
        Module.Architecture,
    });
}
