namespace Microsoft.ML.Clip;

/// <summary>The tokens of OpenAI's vocabulary that mean more than their text.</summary>
internal static class ClipTokens
{
    public const string StartOfText = "<|startoftext|>";

    /// <summary>It also stands for what is unknown.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>What the last symbol of a word has behind it.</summary>
    public const string EndOfWord = "</w>";
}
