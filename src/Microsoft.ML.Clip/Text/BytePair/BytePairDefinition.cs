namespace Microsoft.ML.Clip;

/// <summary>What a byte-pair encoding is made of, as its files list it.</summary>
internal sealed record BytePairDefinition
{
    /// <summary>Where it was read, for messages.</summary>
    public required string Source { get; init; }

    /// <summary>The id of every token, in the printable form of <see cref="ByteToUnicodeTable"/>.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>The pairs that are joined, the first with the highest priority.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    /// <summary>What marks the last symbol of a word; empty if nothing does.</summary>
    public string EndOfWordSuffix { get; init; } = ClipTokens.EndOfWord;

    /// <summary>The token for a byte that is not in the vocabulary; without it such bytes are passed over.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether neighbouring unknown bytes give one token together.</summary>
    public bool FuseUnknown { get; init; }
}
