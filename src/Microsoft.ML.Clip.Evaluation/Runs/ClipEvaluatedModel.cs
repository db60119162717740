namespace Microsoft.ML.Clip;

/// <summary>A model to be measured, and what reports call it.</summary>
public sealed class ClipEvaluatedModel
{
    private readonly ClipModel? _model;
    private readonly Func<ClipModel>? _load;

    /// <summary>A model that is loaded.</summary>
    /// <param name="name">What reports call it; another name for each model.</param>
    /// <param name="model">The model; stays the caller's.</param>
    public ClipEvaluatedModel(string name, ClipModel model)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(model);
        (Name, _model) = (name, model);
    }

    /// <summary>A model that is loaded when its turn comes, and disposed after it: of many, one is in memory at a time.</summary>
    /// <param name="name">What reports call it; another name for each model.</param>
    /// <param name="load">Loads it: <c>() => ClipModel.FromHub("Xenova/clip-vit-base-patch32")</c>.</param>
    public ClipEvaluatedModel(string name, Func<ClipModel> load)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(load);
        (Name, _load) = (name, load);
    }

    /// <summary>What reports call it.</summary>
    public string Name { get; }

    /// <summary>A family of models that a plot joins by a line, such as <c>ViT</c>; <see langword="null"/> for none.</summary>
    public string? Family { get; init; }

    /// <summary>What it was pre-trained on, as CLIP_benchmark's tables have it; <see langword="null"/> if it is not known.</summary>
    public string? Pretrained { get; init; }

    /// <summary>
    /// What its image tower costs, for plots against compute and parameters: <c>ClipCompute.OfImages(directory)</c>; <see langword="null"/> if it is not known.
    /// </summary>
    public ClipCompute? Compute { get; init; }

    internal Lease Open() => _model is not null ? new(_model, IsOwned: false) : new(_load!(), IsOwned: true);

    internal readonly record struct Lease(ClipModel Model, bool IsOwned) : IDisposable
    {
        public void Dispose()
        {
            if (IsOwned)
            {
                Model.Dispose();
            }
        }
    }
}
