namespace Microsoft.ML.Clip;

/// <summary>
/// What a family of models says of its texts: frame, padding, length, cleaning. Its files say it too, mostly, and then they are believed, but for what a family
/// is sure of.
/// </summary>
/// <param name="Start">The token before a text where the files name none; null if there is none, whatever token they name for other uses.</param>
/// <param name="End">The token behind a text where the files name none.</param>
/// <param name="PadId">The id that fills the context, whatever the files say; null if they decide, and failing that the end token pads.</param>
internal sealed record TextRule(string? Start, string End, int? PadId = null)
{
    private const int SiglipLength = 64, ChineseLength = 52, ClipLength = 77;

    /// <summary>The token that fills the context, whatever the files say; null if they decide.</summary>
    public string? PadToken { get; init; }

    /// <summary>What is done to a text before anything that tokenizer.json says; null if nothing is.</summary>
    public ClipNormalizer? Cleaner { get; init; }

    /// <summary>Whether a tokenizer.json may have the cleaning in it, and then it is not done before.</summary>
    public bool MayBeCleanAlready { get; init; }

    /// <summary>The number of ids that a text becomes where the files tell none.</summary>
    public int DefaultContextLength { get; init; } = ClipLength;

    /// <summary>The number of ids that a text becomes, whatever the files of the tokenizer say; null if they decide.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether the end token is written as the padding is.</summary>
    public bool PadsInsteadOfEnd { get; init; }

    /// <summary>What holds where the tokenizer is a byte-pair encoding; null if the same does.</summary>
    public TextRule? ForBytePairs { get; init; }

    /// <summary>OpenAI's models.</summary>
    public static TextRule Clip { get; } = new(ClipTokens.StartOfText, ClipTokens.EndOfText);

    /// <summary>Language models beside an image encoder: BERT's frame, where the files of the tokenizer name none.</summary>
    private static TextRule Bert { get; } = new("[CLS]", "[SEP]");

    /// <summary>
    /// SigLIP: big_vision's <c>pp_siglip</c> (<c>eos="sticky", pad_value=1, lower, canonicalize</c>; 64 places, the last of which the tower looks at), and for
    /// Gemma's vocabulary SigLIP 2 (<c>lower, bos="no", eos="sticky"</c>). Both go by <c>siglip</c> in config.json.
    /// </summary>
    private static TextRule Siglip { get; } = new(Start: null, "</s>")
    {
        PadToken = "</s>",
        Cleaner = ClipNormalizer.Canonical,
        MayBeCleanAlready = true,
        DefaultContextLength = SiglipLength,
        ForBytePairs = new(Start: null, "<eos>")
        {
            PadToken = "<pad>",
            Cleaner = ClipNormalizer.Lower,
            MayBeCleanAlready = true,
            // Gemma's own limit is that of a language model.
            ContextLength = SiglipLength,
        },
    };

    /// <summary>The rule of a model by what its files say of it.</summary>
    public static TextRule Of(ModelFiles files) => Of(ModelDescription.Read(files));

    /// <inheritdoc cref="Of(ModelFiles)"/>
    public static TextRule Of(ModelDescription model) => model.IsOpenClip ? OfOpenClip(model) : model.ModelType switch
    {
        // Texts are those of the encoder that they are taken from.
        "vision-text-dual-encoder" => model.TextType is null or "vision-text-dual-encoder" ? Bert : Of(model.OfText),
        "bert" or "distilbert" => Bert,
        "siglip" or "siglip2" => Siglip,
        // cn_clip/clip/utils.py: tokenize(texts, context_length=52).
        "chinese_clip" => new("[CLS]", "[SEP]") { ContextLength = ChineseLength },
        "metaclip_2" or "m-clip" => new("<s>", "</s>") { ContextLength = ClipLength },
        "jina_clip" => new("<s>", "</s>"),
        _ => Clip,
    };

    /// <summary>open_clip's <c>get_tokenizer</c>: what its configuration says comes before what the tokenizer's own files do.</summary>
    private static TextRule OfOpenClip(ModelDescription model)
    {
        // Where Hugging Face's file calls it SigLIP, that holds, however little open_clip's says.
        bool isSiglip = model is { ModelType: "siglip" or "siglip2" } or { HasLogitBias: true, PoolsLast: true };
        if (!model.HasForeignTokenizer && !isSiglip)
        {
            // SimpleTokenizer fills with 0. Where no place looks ahead nobody sees it, and the files' own token does as well.
            return Clip with { ContextLength = model.OpenClipContextLength, PadId = model.IsNotCausal || model.AppendsClassToken ? 0 : null };
        }
        if (!model.HasForeignTokenizer)
        {
            return Siglip;
        }
        var rule = isSiglip ? Siglip : new TextRule("<s>", "</s>");
        return Foreign(rule) with { ForBytePairs = rule.ForBytePairs is { } other ? Foreign(other) : null };

        TextRule Foreign(TextRule of) => of with
        {
            ContextLength = model.OpenClipContextLength,
            Cleaner = model.Cleaning switch
            {
                "canonicalize" => ClipNormalizer.OpenClipCanonical,
                "lower" => ClipNormalizer.OpenClipLower,
                _ => ClipNormalizer.OpenClip,
            },
            MayBeCleanAlready = false,
            PadsInsteadOfEnd = model.StripsSeparator,
        };
    }
}
