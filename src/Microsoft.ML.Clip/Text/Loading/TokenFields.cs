namespace Microsoft.ML.Clip;

/// <summary>Values that only tokenizer files have.</summary>
internal static class TokenFields
{
    /// <summary>A token id: a whole number that is not negative, and not so large that it could only be wrong.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static int TokenId(this JsonField field) => field.Integer(0, ClipTokenizer.MaximumVocabularySize - 1);
}
