namespace Microsoft.ML.Clip;

/// <summary>Which reference implementation's rules turn a text into words before byte-pair encoding.</summary>
/// <remarks>Both give the same ids on ordinary English. They differ on HTML, exotic white space, decomposed accents and the text of special tokens.</remarks>
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
    /// mis-decoded text and is absent where ftfy is not installed, is not made: repair such text beforehand.
    /// </summary>
    OpenAI,
}
