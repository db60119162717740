namespace Microsoft.ML.Clip;

/// <summary>Everything that makes up a tokenizer, gathered from its files: what <see cref="ClipTokenizer"/> is built from.</summary>
internal sealed record TokenizerDefinition
{
    public required ITokenModel Model { get; init; }

    /// <summary>What is done to a text before anything is looked for in it; null if nothing is.</summary>
    public ClipNormalizer? Cleaner { get; init; }

    public required ClipNormalizer Normalizer { get; init; }

    public required PieceSplitter Splitter { get; init; }

    /// <summary>The tokens that are looked for in the text.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>Every token and its id.</summary>
    public required TokenTable Tokens { get; init; }

    public required TextFrame Frame { get; init; }

    public required int ContextLength { get; init; }
}
