namespace Microsoft.ML.Clip;

/// <summary>
/// What turns one piece of a text, as the pre-tokenizer leaves it, into token ids, and tokens back into text: the <c>Model</c> of Hugging Face's
/// tokenizers, and the <c>Decoder</c> that belongs to it. Immutable and thread-safe.
/// </summary>
/// <remarks>A new kind is a folder beside <c>BytePair</c> and a line in <see cref="TokenizerJsonReader"/>, which chooses by <c>model.type</c>.</remarks>
internal interface ITokenModel
{
    /// <summary>Where it was read, for messages.</summary>
    string Source { get; }

    /// <summary>The id of every token of the model, as its files write them. Tokens that are added to a tokenizer are not the model's.</summary>
    IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Appends the ids of a piece, which is not empty.</summary>
    void Encode(scoped ReadOnlySpan<char> piece, ref ValueList<int> ids);

    /// <summary>Appends the tokens of a piece, the same as <see cref="Encode"/>, each with its place in the piece.</summary>
    void Locate(scoped ReadOnlySpan<char> piece, ref ValueList<TokenPlace> tokens);

    /// <summary>Appends what a token reads as, in UTF-8.</summary>
    /// <param name="token">A token of the model, or one that was added to it, which reads as its own text.</param>
    /// <param name="joins">Whether it goes on where the one before it ends, with nothing between; true at the start of a text. Then the same for the next.</param>
    /// <param name="utf8">The text so far, as much of it as the caller has not passed on.</param>
    void Decode(string token, ref bool joins, ref ValueList<byte> utf8);
}
