namespace Microsoft.ML.Clip;

/// <summary>The names that files and folders of models go by.</summary>
internal static class KnownFiles
{
    /// <summary>Hugging Face's folder for ONNX files.</summary>
    public const string OnnxFolder = "onnx";

    /// <summary>immich's folder of the image tower and what belongs to it.</summary>
    public const string ImageFolder = "visual";

    /// <summary>immich's folder of the text tower and what belongs to it.</summary>
    public const string TextFolder = "textual";

    /// <summary>Hugging Face's image tower, without suffix and extension.</summary>
    public const string ImageTower = "vision_model";

    /// <summary>Hugging Face's text tower, without suffix and extension.</summary>
    public const string TextTower = "text_model";

    /// <summary>The image tower's other names, without suffix and extension: clip-as-service, winml-cli.</summary>
    public static IReadOnlyList<string> OtherImageTowers { get; } = ["visual", "image-encoder", "image_encoder"];

    /// <summary>The text tower's other names, without suffix and extension: clip-as-service, exports of MobileCLIP, winml-cli.</summary>
    public static IReadOnlyList<string> OtherTextTowers { get; } = ["textual", "text", "text-encoder", "text_encoder"];

    /// <summary>What stands in the names of Chinese-CLIP's own exports behind the model's: NAME.img.fp32.onnx, NAME.txt.fp32.onnx.</summary>
    public const string ChineseImageTower = "*.img", ChineseTextTower = "*.txt";

    /// <summary>A graph with both towers, or in immich's folders with one, without suffix and extension.</summary>
    public const string Model = "model";

    public const string OnnxExtension = ".onnx";

    /// <summary>What kind of model it is: Hugging Face's, or in immich's bundles open_clip's.</summary>
    public const string Configuration = "config.json";

    /// <summary>What kind of model it is, as open_clip publishes it.</summary>
    public const string OpenClipModel = "open_clip_config.json";

    /// <summary>Hugging Face's image preprocessing.</summary>
    public const string Preprocessor = "preprocessor_config.json";

    /// <summary>What Hugging Face's transformers 5 writes instead: the image preprocessing is a part of it.</summary>
    public const string Processor = "processor_config.json";

    /// <summary>open_clip's image preprocessing, as immich publishes it.</summary>
    public const string OpenClipPreprocessor = "preprocess_cfg.json";

    /// <summary>A whole tokenizer, as Hugging Face's tokenizers write it.</summary>
    public const string Tokenizer = "tokenizer.json";

    /// <summary>Tokens and their ids.</summary>
    public const string Vocabulary = "vocab.json";

    /// <summary>The pairs that a byte-pair encoding joins.</summary>
    public const string Merges = "merges.txt";

    /// <summary>OpenAI's vocabulary, as it is published.</summary>
    public const string OpenAIVocabulary = "bpe_simple_vocab_16e6.txt.gz";

    /// <summary>OpenAI's vocabulary, unpacked.</summary>
    public const string OpenAIVocabularyUnpacked = "bpe_simple_vocab_16e6.txt";

    /// <summary>The vocabulary of BERT's tokenizers: a token a line.</summary>
    public const string WordPieces = "vocab.txt";

    public const string TokenizerConfiguration = "tokenizer_config.json";

    public const string SpecialTokens = "special_tokens_map.json";

    public const string AddedTokens = "added_tokens.json";

    /// <summary>Hugging Face's weights.</summary>
    public const string Weights = "model.safetensors";

    /// <summary>open_clip's weights.</summary>
    public const string OpenClipWeights = "open_clip_model.safetensors";

    /// <summary>What the name of a file of weights has behind it where it only lists the files that hold them.</summary>
    public const string WeightIndexSuffix = ".index.json";

    /// <summary>The files of weights that are read, in the order in which they are looked for.</summary>
    public static IReadOnlyList<string> SafetensorsWeights { get; } = [Weights, Weights + WeightIndexSuffix, OpenClipWeights];

    /// <summary>Weights as PyTorch pickles them: Hugging Face's, a list of several, open_clip's.</summary>
    public static IReadOnlyList<string> PickledWeights { get; } = ["pytorch_model.bin", "pytorch_model.bin" + WeightIndexSuffix, "open_clip_pytorch_model.bin"];

    /// <summary>The files that describe a model: what it is, how images and texts are prepared for it.</summary>
    public static IReadOnlySet<string> Settings { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        Configuration, OpenClipModel, Preprocessor, Processor, OpenClipPreprocessor, Tokenizer, Vocabulary, Merges, OpenAIVocabulary, OpenAIVocabularyUnpacked,
        TokenizerConfiguration, SpecialTokens, AddedTokens, WordPieces, "spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
    };

    /// <summary>Where settings of the whole model are recorded.</summary>
    public static IReadOnlyList<string> ModelConfigurations { get; } = [Configuration, OpenClipModel];
}
