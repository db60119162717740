namespace Microsoft.ML.Clip.Tests;

/// <summary>The shape of the model directory that <see cref="TinyClip.WriteTo"/> makes; every kind of export that the library meets.</summary>
internal sealed record TinyClipOptions
{
    /// <summary>The side of the square images; at least 2 and even.</summary>
    public int ImageSize { get; init; } = 8;

    public int ContextLength { get; init; } = 16;

    /// <summary>Length of the joint embeddings.</summary>
    public int EmbeddingDimension { get; init; } = 6;

    /// <summary>Length of the text tower's embeddings where it is to differ (a broken model).</summary>
    public int? TextEmbeddingDimension { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Half-precision inputs and outputs.</summary>
    public bool Float16 { get; init; }

    /// <summary>Token ids as int32 (open_clip) instead of int64 (Hugging Face).</summary>
    public bool Int32Ids { get; init; }

    /// <summary>The text graph also takes an attention mask.</summary>
    public bool AttentionMask { get; init; }

    /// <summary>A batch axis of fixed size; null for a dynamic one.</summary>
    public int? StaticBatch { get; init; }

    /// <summary>The sequence axis has the fixed size <see cref="ContextLength"/>.</summary>
    public bool StaticSequence { get; init; }

    /// <summary>The text tower's features are taken at the first end token, instead of at the highest id. For ids of int64.</summary>
    public bool PoolAtEndToken { get; init; }

    /// <summary>The text tower is not causal: what stands behind the end token counts.</summary>
    public bool SeesPadding { get; init; }

    /// <summary>The text tower declares a dynamic sequence axis, but computes with <see cref="ContextLength"/> tokens only.</summary>
    public bool NeedsWholeContext { get; init; }

    /// <summary>Weights in a file beside each model, named as Hugging Face names it: <c>vision_model.onnx_data</c>.</summary>
    public bool ExternalData { get; init; }

    /// <summary>With <see cref="ExternalData"/>: what the graph says the file is called, where that is not its name.</summary>
    public string? ExternalDataLocation { get; init; }

    /// <summary>A graph output <c>pooler_output</c> (I_f), and <c>last_hidden_state</c>, as optimum's exports have.</summary>
    public bool UnusedWeights { get; init; }

    public bool PoolerOutput { get; init; } = true;

    /// <summary>A bias after the image projection, which CLIP's ViT does not have (its ResNet's attention pooling does).</summary>
    public bool ProjectionBias { get; init; }

    /// <summary>One graph with both towers and the logits instead of two.</summary>
    public bool Combined { get; init; }

    /// <summary>exp(t) inside the combined graph.</summary>
    public float LogitScale { get; init; } = 25f;

    /// <summary>visual/model.onnx and textual/model.onnx, normalised, as immich and open_clip export.</summary>
    public bool Immich { get; init; }

    /// <summary>Embeddings divided by their norm inside the graph; implied by <see cref="Combined"/> and <see cref="Immich"/>.</summary>
    public bool Normalized { get; init; }

    public bool WithImageTower { get; init; } = true;

    public bool WithTextTower { get; init; } = true;

    public bool WithTokenizer { get; init; } = true;

    /// <summary>Appended to the names of the ONNX files, for example <c>_fp16</c>.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Written to the metadata of the image (or combined) graph under <c>logit_scale</c>.</summary>
    public string? RecordedLogitScale { get; init; }

    /// <summary>Factor on both projections: 0 makes embeddings without direction, 1e39f makes them overflow.</summary>
    public float ProjectionScale { get; init; } = 1f;
}
