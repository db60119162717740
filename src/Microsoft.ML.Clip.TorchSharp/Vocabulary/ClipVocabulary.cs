namespace Microsoft.ML.Clip;

/// <summary>
/// A byte-pair vocabulary of CLIP's kind: every byte, every byte at the end of a word, what the merges join, and the start and the end token. Immutable
/// and thread-safe.
/// </summary>
/// <remarks>Ids are in this order, as in OpenAI's vocabulary: the end token has the highest, which OpenAI's own text encoder relies on.</remarks>
public sealed class ClipVocabulary
{
    internal const int SpecialTokens = 2;
    internal const int MinimumSize = 2 * FirstLastByte + SpecialTokens;
    internal const int MaximumSize = 1 << 20;

    /// <summary>The id of the first byte that ends a word; those from here to 511 end words, those before do not.</summary>
    internal const int FirstLastByte = 256;

    internal ClipVocabulary(IReadOnlyList<(string Left, string Right)> merges, int contextLength)
    {
        (Merges, ContextLength) = (merges, contextLength);
        // Different pairs may join to the same token; it has one id.
        Tokens = [.. Alphabet, .. merges.Select(m => m.Left + m.Right).Distinct(StringComparer.Ordinal), ClipTokens.StartOfText, ClipTokens.EndOfText];
    }

    /// <summary>The tokens in the order of their ids, bytes in the printable form of byte-level vocabularies.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The pairs that are joined, the first with the highest priority.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The number of tokens: how many embeddings a text encoder needs.</summary>
    public int Size => Tokens.Count;

    /// <summary>The number of ids of an encoded text, start, end and padding included.</summary>
    public int ContextLength { get; }

    /// <summary>The id that every encoded text starts with.</summary>
    public int StartOfTextId => Size - SpecialTokens;

    /// <summary>The id that ends every encoded text, and fills the context after it.</summary>
    public int EndOfTextId => Size - 1;

    /// <summary>The 256 bytes in OpenAI's order, and then the same at the end of a word.</summary>
    internal static IReadOnlyList<string> Alphabet { get; } =
    [
        .. ByteToUnicodeTable.InVocabularyOrder.Select(c => c.ToString()),
        .. ByteToUnicodeTable.InVocabularyOrder.Select(c => c + ClipTokens.EndOfWord),
    ];

    /// <summary>
    /// Writes tokenizer.json, vocab.json with merges.txt, tokenizer_config.json and special_tokens_map.json: what <see cref="ClipTokenizer"/>, Hugging Face's
    /// tokenizers and transformers.js read, with equal ids. Files of these names are replaced.
    /// </summary>
    /// <param name="directory">Where they go; made if it does not exist.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory.CreateDirectory(directory);
        foreach (var (name, content) in VocabularyFiles.Contents(this))
        {
            WholeFile.Write(Path.Combine(directory, name), stream => stream.Write(content));
        }
    }

    /// <summary>The tokenizer of this vocabulary, as it would be loaded from the saved files.</summary>
    /// <returns>A thread-safe tokenizer.</returns>
    public ClipTokenizer CreateTokenizer() =>
        ClipTokenizer.Create(new MemoryStream(VocabularyFiles.TokenizerJson(this)), new ClipTokenizerOptions { ContextLength = ContextLength });
}
