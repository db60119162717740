namespace Microsoft.ML.Clip;

/// <summary>What a <see cref="ClipTokenizer"/> takes from its caller rather than from the model's files.</summary>
public sealed record ClipTokenizerOptions
{
    /// <summary>The rules that turn a text into words.</summary>
    /// <value>The default is <see cref="ClipTextCleaning.HuggingFace"/>: the tokenizer.json of the model decides.</value>
    public ClipTextCleaning Cleaning { get; init; } = ClipTextCleaning.HuggingFace;

    /// <summary>The number of ids of an encoded text, start, end and padding included; at least 2.</summary>
    /// <value>
    /// The default, <see langword="null"/>, takes what the model's files say (<c>model_max_length</c>, the truncation of tokenizer.json,
    /// <c>max_position_embeddings</c>, open_clip's <c>context_length</c>, in this order), else 77.
    /// </value>
    public int? ContextLength { get; init; }

    /// <summary>The id that fills the context after the end token.</summary>
    /// <value>
    /// The default, <see langword="null"/>, takes what the model's files say, else the end token's id. With <see cref="ClipTextCleaning.OpenAI"/>, or with
    /// OpenAI's vocabulary file, it is 0.
    /// </value>
    public int? PadId { get; init; }

    /// <summary>
    /// The code of the language that texts are in, which stands before them: <c>kor_Hang</c>. It is for tokenizers such as NLLB's; others refuse it.
    /// </summary>
    /// <value>The default, <see langword="null"/>, takes the language that the model's files put there, ordinarily <c>eng_Latn</c>.</value>
    public string? Language { get; init; }

    internal static ClipTokenizerOptions Default { get; } = new();

    /// <summary>Throws if a choice is none that there is; numbers are held against the files.</summary>
    internal void Validate() => Require.Defined<ClipTextCleaning>(Cleaning, nameof(Cleaning));
}
