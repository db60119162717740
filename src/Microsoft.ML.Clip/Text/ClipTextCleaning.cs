namespace Microsoft.ML.Clip;

/// <summary>Which reference implementation's rules turn a text into words before it is encoded.</summary>
/// <remarks>
/// With CLIP's own vocabulary the first two give the same ids on ordinary English. They differ on HTML, exotic white space, decomposed accents and the text of
/// special tokens. The other two come before <see cref="HuggingFace"/>, for models that were trained on cleaned texts, which a tokenizer.json does not tell.
/// </remarks>
public enum ClipTextCleaning
{
    /// <summary>
    /// What <c>tokenizer.json</c> says, as Hugging Face's <c>CLIPTokenizerFast</c> reads it: NFC, runs of white space become one space,
    /// lower case code point by code point. Without a <c>tokenizer.json</c>, the rules of OpenAI's released one.
    /// </summary>
    HuggingFace,

    /// <summary>
    /// What <c>clip/simple_tokenizer.py</c> of openai/CLIP does: HTML references resolved twice, white space collapsed and stripped, lower case
    /// with Python's rules, a regular expression that ignores case, padding with zero. Its call of <c>ftfy.fix_text</c>, which repairs
    /// mis-decoded text and is absent where ftfy is not installed, is not made: repair such text beforehand. It is for vocabularies such as
    /// OpenAI's only, whose words end in <c>&lt;/w&gt;</c>; others refuse it.
    /// </summary>
    OpenAI,

    /// <summary>
    /// What <c>canonicalize_text</c> of big_vision and open_clip does, with which SigLIP and its kin were trained: underscores become spaces,
    /// the other marks of ASCII punctuation go, lower case with Python's rules, white space collapsed and stripped; then what
    /// <c>tokenizer.json</c> says. Without ftfy, and without resolving HTML references.
    /// </summary>
    Canonical,

    /// <summary>
    /// What open_clip does before any other tokenizer than CLIP's own, as in its RoBERTa, XLM-R and BERT towers: HTML references resolved
    /// twice, white space collapsed and stripped; then what <c>tokenizer.json</c> says. Without ftfy.
    /// </summary>
    OpenClip,
}
