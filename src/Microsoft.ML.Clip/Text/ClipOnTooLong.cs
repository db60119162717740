namespace Microsoft.ML.Clip;

/// <summary>What to do with a text that has more tokens than the model's context.</summary>
public enum ClipOnTooLong
{
    /// <summary>Cut it, keeping the end token, as Hugging Face's tokenizer does with <c>truncation=True</c>.</summary>
    Truncate,

    /// <summary>Stop with an error that names the row and the number of tokens, as OpenAI's <c>clip.tokenize</c> does.</summary>
    Throw,
}
