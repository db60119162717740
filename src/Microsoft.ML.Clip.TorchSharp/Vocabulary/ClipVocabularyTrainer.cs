namespace Microsoft.ML.Clip;

/// <summary>
/// Makes a byte-pair vocabulary for the captions of a training set (Sennrich et al. 2016, arXiv 1508.07909), of the kind that CLIP uses: lower-cased
/// words as bytes, the last symbol of each marked by <c>&lt;/w&gt;</c> (Radford et al. 2021, section 2.4).
/// </summary>
/// <remarks>
/// A small model should not carry the 49,408 embeddings of OpenAI's vocabulary; fine-tuning a released model must, so keep that model's tokenizer files.
/// Deterministic: equal texts, in whatever order, give equal files. Pairs that occur equally often are merged in the order of their ids.
/// </remarks>
/// <example>
/// <code>
/// ClipVocabulary vocabulary = ClipVocabularyTrainer.Train(captions, new() { Size = 1_000, ContextLength = 24 });
/// vocabulary.Save("model");                       // tokenizer.json, vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json
/// ClipTokenizer tokenizer = vocabulary.CreateTokenizer();
/// </code>
/// </example>
public static class ClipVocabularyTrainer
{
    /// <summary>Learns merges from texts. Whatever the texts hold, the vocabulary encodes any text: all 256 bytes are in it.</summary>
    /// <param name="texts">The corpus, read once. A text that occurs more often weighs more.</param>
    /// <param name="options">The size and its relatives, or <see langword="null"/> for the defaults.</param>
    /// <returns>At most <see cref="ClipVocabularyOptions.Size"/> tokens; fewer where the corpus has no more pairs that occur often enough.</returns>
    /// <exception cref="ArgumentException">A text is <see langword="null"/> (the message gives its index), or no text has a word.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static ClipVocabulary Train(IEnumerable<string> texts, ClipVocabularyOptions? options = null) => Train(texts, options, CancellationToken.None);

    /// <inheritdoc cref="Train(IEnumerable{string}, ClipVocabularyOptions?)"/>
    /// <exception cref="OperationCanceledException">The token asks for an end.</exception>
    internal static ClipVocabulary Train(IEnumerable<string> texts, ClipVocabularyOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new();
        options.Validate();
        var words = CountWords(texts, cancellation);
        var trainer = new BytePairTrainer(words, ClipVocabulary.Alphabet);
        return new ClipVocabulary(trainer.Learn(options.Size - ClipVocabulary.SpecialTokens, options.MinimumCount, cancellation), options.ContextLength);
    }

    /// <summary>
    /// How often each word occurs. A tokenizer without merges takes the texts apart, so words are exactly what the finished tokenizer will see: cleaning,
    /// lower case and the pattern are in one place. A word is a string of byte symbols, written as the characters of their ids.
    /// </summary>
    private static Dictionary<string, long> CountWords(IEnumerable<string> texts, CancellationToken cancellation)
    {
        var tokenizer = new ClipVocabulary([], contextLength: 2).CreateTokenizer();
        var words = new Dictionary<string, long>(StringComparer.Ordinal);
        var word = new System.Text.StringBuilder();
        int index = 0;
        foreach (string text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            if (text is null)
            {
                throw new ArgumentException($"Text {index} is null.", nameof(texts));
            }
            foreach (int id in tokenizer.EncodeToIds(text))
            {
                // Start, end, and special tokens that stand in the text itself are not made of symbols.
                if (id >= ClipVocabulary.Alphabet.Count)
                {
                    continue;
                }
                word.Append((char)id);
                if (id >= ClipVocabulary.FirstLastByte)
                {
                    string key = word.ToString();
                    words[key] = words.GetValueOrDefault(key) + 1;
                    word.Clear();
                }
            }
            index++;
        }
        return words.Count > 0 ? words : throw new ArgumentException(
            index == 0 ? "There are no texts to make a vocabulary of." : $"None of the {index} texts has a word; all are empty or white space.", nameof(texts));
    }
}
