namespace Microsoft.ML.Clip;

/// <summary>
/// What config.json and open_clip_config.json say of the kind of a model: Hugging Face's name for it, and open_clip's words on its text tower.
/// </summary>
internal sealed record ModelDescription
{
    private ModelDescription()
    {
    }

    /// <summary>The <c>model_type</c> of config.json, in lower case; null if it has none, as open_clip's have not.</summary>
    public string? ModelType { get; private init; }

    /// <summary>What kind of model the text tower comes from, where Hugging Face puts two encoders side by side: <c>text_config.model_type</c>.</summary>
    public string? TextType { get; private init; }

    /// <summary>The same of a model that is all of the text tower's kind.</summary>
    public ModelDescription OfText => this with { ModelType = TextType };

    /// <summary>Whether open_clip describes the text tower.</summary>
    public bool IsOpenClip { get; private init; }

    /// <summary>Whether the model was trained with a bias beside its logit scale, so with sigmoids: <c>init_logit_bias</c>.</summary>
    public bool HasLogitBias { get; private init; }

    /// <summary>Whether every place of a text sees all others, padding included: <c>no_causal_mask</c>.</summary>
    public bool IsNotCausal { get; private init; }

    /// <summary>Whether the text tower looks at the last place, whatever stands there: <c>pool_type</c> is <c>last</c>.</summary>
    public bool PoolsLast { get; private init; }

    /// <summary>Whether the text tower appends a token of its own and hides padding from it by its id, as CoCa's does: <c>embed_cls</c>.</summary>
    public bool AppendsClassToken { get; private init; }

    /// <summary>Whether the text tower is one of Hugging Face's, which see what is no padding: <c>hf_model_name</c>.</summary>
    public bool HasForeignTower { get; private init; }

    /// <summary>Whether texts are split by another tokenizer than CLIP's: <c>hf_tokenizer_name</c>.</summary>
    public bool HasForeignTokenizer { get; private init; }

    /// <summary>What is done to a text before its tokenizer: <c>clean</c> of <c>tokenizer_kwargs</c>.</summary>
    public string? Cleaning { get; private init; }

    /// <summary>Whether the end token is replaced by 0: <c>strip_sep_token</c> of <c>tokenizer_kwargs</c>.</summary>
    public bool StripsSeparator { get; private init; }

    /// <summary>The number of ids that a text becomes, as open_clip has it: 77 where its configuration does not tell.</summary>
    public int? OpenClipContextLength { get; private init; }

    /// <summary>Reads what there is.</summary>
    /// <exception cref="InvalidDataException">A file is malformed; the message names it.</exception>
    public static ModelDescription Read(ModelFiles files)
    {
        var description = new ModelDescription();
        foreach (string name in KnownFiles.ModelConfigurations.Where(files.Contains))
        {
            var file = JsonFile.Open(files, name);
            description = description with
            {
                ModelType = description.ModelType ?? file["model_type"].FindText()?.ToLowerInvariant(),
                TextType = description.TextType ?? (file["text_config"].IsObject ? TypeOf(file["text_config"]["model_type"].FindText()) : null),
            };
            var model = file["model_cfg"] is { Exists: true } part ? part : file;
            if (!description.IsOpenClip && model["text_cfg"].IsObject)
            {
                description = description.WithOpenClip(model, model["text_cfg"]);
            }
        }
        // Chinese-CLIP's own exports come without a file that says what they are.
        bool isChinese = description.ModelType is null && !description.IsOpenClip && files.Names.Any(n => n.Contains(".txt.fp", StringComparison.Ordinal)
            && n.EndsWith(KnownFiles.OnnxExtension, StringComparison.Ordinal));
        return isChinese ? description with { ModelType = "chinese_clip" } : description;
    }

    private static string? TypeOf(string? textType)
    {
        const string Suffix = "_text_model";
        string? type = textType?.ToLowerInvariant();
        return type?.EndsWith(Suffix, StringComparison.Ordinal) == true ? type[..^Suffix.Length] : type;
    }

    private ModelDescription WithOpenClip(JsonField model, JsonField text)
    {
        const int DefaultContextLength = 77;
        var arguments = text["tokenizer_kwargs"];
        bool hasForeignTower = text["hf_model_name"].Exists;
        return this with
        {
            IsOpenClip = true,
            HasLogitBias = model["init_logit_bias"].Exists,
            IsNotCausal = text["no_causal_mask"].Flag(false),
            PoolsLast = text["pool_type"].FindText() == "last",
            AppendsClassToken = text["embed_cls"].Flag(false),
            HasForeignTower = hasForeignTower,
            HasForeignTokenizer = hasForeignTower || text["hf_tokenizer_name"].Exists,
            Cleaning = arguments["clean"].FindText(),
            StripsSeparator = arguments["strip_sep_token"].Flag(false),
            OpenClipContextLength = text["context_length"].FindInteger() ?? DefaultContextLength,
        };
    }
}
