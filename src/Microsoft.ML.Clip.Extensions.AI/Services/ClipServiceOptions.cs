namespace Microsoft.ML.Clip;

/// <summary>Which model <c>services.AddClip(...)</c> loads, and how. A section of a configuration binds to it.</summary>
public sealed class ClipServiceOptions
{
    /// <summary>The model's directory, for <see cref="ClipModel.Load(string, ClipModelOptions?)"/>. Either this or <see cref="HubId"/>.</summary>
    /// <value>The default is <see langword="null"/>. An empty text, with which a variable of the environment takes a setting back, is the same.</value>
    public string? Directory { get; set; }

    /// <summary>The model's id on a hub, for <see cref="ClipModel.FromHub"/>: <c>Xenova/clip-vit-base-patch32</c>. Either this or <see cref="Directory"/>.</summary>
    /// <value>The default is <see langword="null"/>. An empty text is the same.</value>
    public string? HubId { get; set; }

    /// <summary>What the model is called in metadata, embeddings, spans and logs.</summary>
    /// <value>The default is <see langword="null"/>: <see cref="HubId"/>, or the name of the directory.</value>
    public string? ModelId { get; set; }

    /// <summary>Whether the host loads the model and opens its sessions while it starts, before the first request comes.</summary>
    /// <value>
    /// The default is <see langword="true"/>: a model that cannot be loaded keeps the host from starting. With <see langword="false"/> whoever first asks for the
    /// model waits for it. Without a host nothing is loaded before it is asked for.
    /// </value>
    public bool WarmUp { get; set; } = true;

    /// <summary>How the model is read and what it runs on.</summary>
    /// <value>The defaults of <see cref="ClipModelOptions"/>.</value>
    public ClipModelOptions Model { get; set; } = new();

    /// <summary>Where the hub is and what is kept of it; only with <see cref="HubId"/>.</summary>
    /// <value>The defaults of <see cref="ClipHubOptions"/>.</value>
    public ClipHubOptions Hub { get; set; } = new();

    /// <summary>Whether <see cref="HubId"/> says which model it is.</summary>
    internal bool IsOfAHub => !string.IsNullOrWhiteSpace(HubId);

    /// <summary><see cref="ModelId"/>, or what stands for it.</summary>
    internal string Name => ModelId ?? (IsOfAHub ? HubId! : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Directory!))));
}
