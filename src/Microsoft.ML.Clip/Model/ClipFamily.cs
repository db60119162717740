namespace Microsoft.ML.Clip;

/// <summary>
/// What sets one kind of CLIP apart from another, and what open_clip says of it in one JSON file: the names in its graphs, where its text tower looks,
/// what its cosines become, and what holds where the files of a model say nothing. Whatever is the same for all kinds is code; whatever is not stands here.
/// </summary>
/// <remarks>A family is added here, with its detection in <see cref="Of"/>; what it needs beyond these words is a word more, not a condition elsewhere.</remarks>
internal sealed record ClipFamily
{
    /// <summary>OpenAI's CLIP and all that has its form: LAION's, DataComp's, MetaCLIP, EVA, DFN. Radford et al. 2021; openai/CLIP, clip/model.py.</summary>
    public static ClipFamily OpenAI { get; } = new()
    {
        Name = "CLIP",
        Image = new()
        {
            Input = "pixel_values",
            Embeddings = ["image_embeds", "image_embedding", "image_features", "output", "embedding"],
        },
        Text = new()
        {
            Input = "input_ids",
            Embeddings = ["text_embeds", "text_embedding", "text_features", "output", "embedding"],
        },
        Frame = FrameRule.Clip,
        Pooling = ClipTextPooling.EndOfText,
        Score = ClipScoreKind.Softmax,
        // Training clamps t at ln 100, and every released model ended there (section 2.5).
        AssumedLogitScale = 100f,
        Preprocessing = new(),
    };

    /// <summary>What people call it, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The names in the graph of the image tower.</summary>
    public required TowerNames Image { get; init; }

    /// <summary>The names in the graph of the text tower.</summary>
    public required TowerNames Text { get; init; }

    /// <summary>What stands around a text, and what fills its context.</summary>
    public required FrameRule Frame { get; init; }

    /// <summary>Where the text tower looks for what a text means, from which follows what its padding may be.</summary>
    public required ClipTextPooling Pooling { get; init; }

    /// <summary>What becomes of logit scale · cosine.</summary>
    public required ClipScoreKind Score { get; init; }

    /// <summary>exp(t) where nothing tells it; null where there is no good guess.</summary>
    public required float? AssumedLogitScale { get; init; }

    /// <summary>How images are prepared where no file tells it; the image size is the model's.</summary>
    public required ClipImagePreprocessorSettings Preprocessing { get; init; }

    /// <summary>The outputs of a combined graph from which the logit scale is read back.</summary>
    public IReadOnlyList<string> Logits { get; init; } = ["logits_per_image", "logits_per_text"];

    /// <summary>The family of a model, by what its files say.</summary>
    public static ClipFamily Of(ModelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return OpenAI;
    }
}

/// <summary>The names in the graph of a tower.</summary>
internal sealed record TowerNames
{
    /// <summary>The pixel values or the token ids.</summary>
    public required string Input { get; init; }

    /// <summary>The joint embedding as exporters call it; the first where a graph holds both towers.</summary>
    public required IReadOnlyList<string> Embeddings { get; init; }

    /// <summary>The features before the projection, where a graph gives them out.</summary>
    public string Features { get; init; } = "pooler_output";

    /// <summary>1 where the text is, 0 where padding is.</summary>
    public string Mask { get; init; } = "attention_mask";

    /// <summary>0, 1, 2, ...</summary>
    public string Positions { get; init; } = "position_ids";
}

/// <summary>The place in a text from which a text tower takes its features.</summary>
internal enum ClipTextPooling
{
    /// <summary>
    /// The first end token. With causal attention nothing behind it is seen, so padding may be anything, or be left out where that proves true.
    /// </summary>
    EndOfText,

    /// <summary>The last place, whatever stands there: padding is part of what the tower has learned, and is never left out.</summary>
    LastPlace,
}
