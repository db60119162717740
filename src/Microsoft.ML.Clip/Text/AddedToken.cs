namespace Microsoft.ML.Clip;

/// <summary>A token that is looked for in the text itself, before any word is encoded; the flags are those of Hugging Face's <c>AddedToken</c>.</summary>
/// <param name="Content">The text of the token.</param>
/// <param name="Id">Its id.</param>
/// <param name="SingleWord">It is only found between non-word characters.</param>
/// <param name="LeftStrip">It takes the white space before it.</param>
/// <param name="RightStrip">It takes the white space after it.</param>
/// <param name="Normalized">It is looked for in the normalised text, rather than in the text as given.</param>
internal sealed record AddedToken(string Content, int Id, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);
