namespace Microsoft.ML.Clip;

/// <summary>
/// What sets one kind of CLIP apart from another: the names in its graphs, where its text tower looks, what its cosines become, and what holds where the files
/// of a model say nothing. Whatever is the same for all kinds is code; whatever is not stands here, and for texts in <see cref="TextRule"/>.
/// </summary>
/// <remarks>A family is added here, with its detection in <see cref="Of"/>; what it needs beyond these words is a word more, not a condition elsewhere.</remarks>
internal sealed record ClipFamily
{
    /// <summary>What Hugging Face's config.json calls two encoders of any kinds side by side (<c>VisionTextDualEncoderModel</c>).</summary>
    public const string DualEncoderType = "vision-text-dual-encoder";

    // What needs no words of its own.
    private static readonly string[] PlainTypes = ["clip", "mobileclip", "mobileclip2", DualEncoderType];

    /// <summary>OpenAI's CLIP and all that has its form: LAION's, DataComp's, MetaCLIP, EVA, DFN. Radford et al. 2021; openai/CLIP, clip/model.py.</summary>
    public static ClipFamily OpenAI { get; } = new()
    {
        Name = "CLIP",
        Image = new()
        {
            Input = "pixel_values",
            Embeddings = ["image_embeds", "image_embeddings", "l2norm_image_embeddings"],
            AloneOnly = ["image_embedding", "image_features", "unnorm_image_features", "output", "embedding"],
        },
        Text = new()
        {
            Input = "input_ids",
            Embeddings = ["text_embeds", "text_embeddings", "l2norm_text_embeddings"],
            AloneOnly = ["text_embedding", "text_features", "unnorm_text_features", "output", "embedding"],
        },
        Texts = TextRule.Clip,
        Pooling = ClipTextPooling.EndOfText,
        Score = ClipScoreKind.Softmax,
        Preprocessing = new(),
    };

    /// <summary>
    /// SigLIP (Zhai et al. 2023) and SigLIP 2: no projection, so that what the pooling gives out is the joint embedding; texts of 64 places, of which the tower
    /// takes the last; sigmoids. transformers, models/siglip; google-research/big_vision.
    /// </summary>
    private static ClipFamily Siglip { get; } = OpenAI with
    {
        Name = "SigLIP",
        Image = OpenAI.Image with { AloneOnly = [.. OpenAI.Image.AloneOnly, "pooler_output"], HasProjection = false },
        Text = OpenAI.Text with { AloneOnly = [.. OpenAI.Text.AloneOnly, "pooler_output"], HasProjection = false },
        Pooling = ClipTextPooling.LastPlace,
        Score = ClipScoreKind.Sigmoid,
        Preprocessing = new() { ResizeMode = ClipResizeMode.Squash, Normalization = ChannelStatistics.Half },
    };

    /// <summary>What people call it, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The names in the graph of the image tower.</summary>
    public required TowerNames Image { get; init; }

    /// <summary>The names in the graph of the text tower.</summary>
    public required TowerNames Text { get; init; }

    /// <summary>How texts become ids.</summary>
    public required TextRule Texts { get; init; }

    /// <summary>Where the text tower looks for what a text means, from which follows what its padding may be.</summary>
    public required ClipTextPooling Pooling { get; init; }

    /// <summary>What becomes of logit scale · cosine.</summary>
    public required ClipScoreKind Score { get; init; }

    /// <summary>How images are prepared where no file tells it; the image size is the model's.</summary>
    public required ClipImagePreprocessorSettings Preprocessing { get; init; }

    /// <summary>The outputs of a combined graph from which logit scale and bias are read back.</summary>
    public IReadOnlyList<string> Logits { get; init; } = ["logits_per_image", "logits_per_text"];

    /// <summary>Whether no file says what kind of model it is, so that it is taken for CLIP.</summary>
    public bool IsAssumed { get; private init; }

    /// <summary>A kind of model that its files name and nobody here knows, so that it is taken for CLIP; null if there is none.</summary>
    public string? UnknownType { get; private init; }

    /// <summary>The family of a model, by what its files say.</summary>
    /// <exception cref="InvalidDataException">A file that tells is malformed; the message names it.</exception>
    public static ClipFamily Of(ModelFiles files)
    {
        var model = ModelDescription.Read(files);
        var family = model.ModelType == DualEncoderType && !model.IsOpenClip ? OfDualEncoder(model) : OfType(model);
        bool isPlain = ReferenceEquals(family, OpenAI);
        return family with
        {
            Texts = TextRule.Of(model),
            IsAssumed = isPlain && model.ModelType is null,
            UnknownType = isPlain && model.ModelType is { } type && !PlainTypes.Contains(type) ? type : null,
        };
    }

    private static ClipFamily OfType(ModelDescription model) => model.ModelType switch
    {
        "siglip" or "siglip2" => Siglip,
        "chinese_clip" => OpenAI with { Name = "Chinese-CLIP" },
        "metaclip_2" => OpenAI with { Name = "MetaCLIP 2" },
        // A mask hides the padding, or the graph makes one of the ids. Their limits are those of language models: nothing is ever run at full length.
        "m-clip" => OpenAI with { Name = "M-CLIP", Pooling = ClipTextPooling.Masked },
        "jina_clip" => OpenAI with { Name = "Jina CLIP", Pooling = ClipTextPooling.Masked },
        _ => model.IsOpenClip ? OfOpenClip(model) : OpenAI,
    };

    // Locked-image tuning (Zhai et al. 2022, arXiv 2111.07991): texts are those of the encoder that they are taken from, scores those of CLIP. Others than
    // the kinds known here are language models, whose padding a mask hides.
    private static ClipFamily OfDualEncoder(ModelDescription model)
    {
        var text = OfType(model.OfText);
        return model.TextType is null or not ("clip" or "siglip" or "siglip2" or "chinese_clip" or "metaclip_2")
            ? OpenAI with { Name = "dual encoder", Pooling = ClipTextPooling.Masked }
            : ReferenceEquals(text, OpenAI) ? text
            : text with { Name = "dual encoder", Image = OpenAI.Image, Score = ClipScoreKind.Softmax, Preprocessing = OpenAI.Preprocessing };
    }

    // open_clip writes what it has into its configuration, so that its kinds need no names.
    private static ClipFamily OfOpenClip(ModelDescription model) => OpenAI with
    {
        Name = model switch
        {
            { HasLogitBias: true, PoolsLast: true } => "SigLIP",
            { AppendsClassToken: true } => "CoCa",
            _ => "open_clip",
        },
        Pooling = model.PoolsLast ? ClipTextPooling.LastPlace : model.HasForeignTower ? ClipTextPooling.Masked : ClipTextPooling.EndOfText,
        Score = model.HasLogitBias ? ClipScoreKind.Sigmoid : ClipScoreKind.Softmax,
    };
}

/// <summary>The names in the graph of a tower.</summary>
internal sealed record TowerNames
{
    /// <summary>The pixel values or the token ids.</summary>
    public required string Input { get; init; }

    /// <summary>The joint embedding as exporters call it, where a graph may hold both towers.</summary>
    public required IReadOnlyList<string> Embeddings { get; init; }

    /// <summary>What else it is called, in graphs of one tower: names that could be the other's as well.</summary>
    public required IReadOnlyList<string> AloneOnly { get; init; }

    /// <summary>The features before the projection, where a graph gives them out.</summary>
    public string Features { get; init; } = "pooler_output";

    /// <summary>Whether a projection leads from the features into the joint space; without one they are the joint embedding.</summary>
    public bool HasProjection { get; init; } = true;

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

    /// <summary>Wherever, but never padding, which a mask hides: it is always left out.</summary>
    Masked,
}
