namespace Microsoft.ML.Clip.Tests;

/// <summary>What an exporter calls the ends of an image tower.</summary>
internal sealed record ImagePorts(string Input, string Output)
{
    /// <summary>transformers.js and Optimum: every axis is dynamic.</summary>
    public static ImagePorts HuggingFace { get; } = new("pixel_values", "image_embeds");

    /// <summary>SigLIP by transformers.js: the pooled output is the joint embedding.</summary>
    public static ImagePorts Pooled { get; } = new("pixel_values", "pooler_output") { LastHiddenState = true };

    /// <summary>immich: batches of one, embeddings of unit length.</summary>
    public static ImagePorts OpenClip { get; } = new("image", "embedding") { IsFixed = true, Normalized = true };

    public bool IsFixed { get; init; }

    public bool Normalized { get; init; }

    public bool LastHiddenState { get; init; }
}

/// <summary>What an exporter calls the ends of a text tower.</summary>
internal sealed record TextPorts(string Input, string Output)
{
    public static TextPorts HuggingFace { get; } = new("input_ids", "text_embeds");

    public static TextPorts Pooled { get; } = new("input_ids", "pooler_output") { LastHiddenState = true };

    /// <summary>immich: batches of one, int32, embeddings of unit length.</summary>
    public static TextPorts OpenClip(int length) => new("text", "embedding") { IdType = TinyOnnx.Int32, Batch = 1, Length = length, Normalized = true };

    public int IdType { get; init; } = TinyOnnx.Int64;

    public object Batch { get; init; } = "batch_size";

    public object Length { get; init; } = "sequence_length";

    /// <summary>Whether there is an input attention_mask.</summary>
    public bool TakesMask { get; init; }

    public bool Normalized { get; init; }

    public bool LastHiddenState { get; init; }
}
