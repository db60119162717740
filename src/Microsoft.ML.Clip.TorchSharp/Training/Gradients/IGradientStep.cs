namespace Microsoft.ML.Clip;

/// <summary>
/// How the gradient of a batch is computed. The ways differ in memory and time; the gradient is that of the whole batch with each of them, but that batch norm
/// sees the parts.
/// </summary>
internal interface IGradientStep
{
    /// <summary>The threads that it computes on, which the optimiser may use too. Whoever chose the way disposes them.</summary>
    TorchThreads Threads { get; }

    /// <summary>Adds the gradients of the batch to the parameters.</summary>
    /// <param name="module">The network.</param>
    /// <param name="batch">What it learns from.</param>
    /// <param name="part">Is called before each part of the work with how much of all is done. What it throws ends the work.</param>
    /// <returns>The loss.</returns>
    double Backward(ClipModule module, TrainingBatch batch, Action<double>? part = null);

    /// <summary>The way that the options ask for.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="batchSize">Images in a batch, which may be fewer than asked for; of several ranks, those of one.</param>
    static IGradientStep Choose(ClipContrastiveTrainer.Options options, int batchSize) =>
        (options.MicroBatchSize ?? TrainingMemory.PartOf(options, batchSize)) is { } part && part < batchSize ? new CachedGradientStep(part)
        : options.Threads > 1 ? new ThreadedGradientStep(new TorchThreads(options.Threads))
        : new PlainGradientStep();
}

/// <summary>The whole batch at once, or all that a rank has of it.</summary>
internal sealed class PlainGradientStep : IGradientStep
{
    public TorchThreads Threads { get; } = new(1);

    public double Backward(ClipModule module, TrainingBatch batch, Action<double>? part = null)
    {
        part?.Invoke(0);
        var images = module.Image.Project(module.Image.forward(batch.Pixels));
        part?.Invoke(0.25);
        var texts = module.Text.Project(module.Text.forward(batch.Texts));
        part?.Invoke(0.33);
        if (batch.Share is null)
        {
            var whole = batch.Loss(images, texts, module.LogitScale);
            whole.backward();
            return whole.item<float>();
        }
        // Other ranks' features have no graph here: the gradient goes by value from the loss to those of ours.
        var (loss, imageGradient, textGradient) = batch.Contrast(images.detach(), texts.detach(), module.LogitScale);
        // A locked tower's have no graph.
        if (images.requires_grad)
        {
            images.backward([imageGradient]);
        }
        texts.backward([textGradient]);
        return loss;
    }
}
