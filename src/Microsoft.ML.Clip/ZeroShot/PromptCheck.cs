using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Looks at what a tokenizer makes of labels, before their prompts are embedded, and says what would make scores meaningless without a word.</summary>
/// <param name="tokenizer">The model's.</param>
/// <param name="labels">The labels.</param>
/// <param name="templates">The templates that they are put into.</param>
internal sealed class PromptCheck(ClipTokenizer tokenizer, IReadOnlyList<string> labels, IReadOnlyList<string> templates)
{
    // A message names the first; who has more of them has made the same mistake with all.
    private const int Named = 10;
    private const int LongestQuotation = 60;

    // A start, an end, and some to spare.
    private const int MostFraming = 8;

    /// <summary>Looks at all labels.</summary>
    /// <param name="onTooLong">What to do with prompts that are longer than the context.</param>
    /// <param name="warn">Told each kind of finding once.</param>
    /// <param name="cancellationToken">Ends the work between two labels.</param>
    /// <exception cref="ArgumentException">A prompt is too long, and the caller asked not to cut it.</exception>
    public void Run(ClipOnTooLong onTooLong, Action<string> warn, CancellationToken cancellationToken)
    {
        WarnOfCuts(onTooLong, warn, cancellationToken);
        WarnOfTies(warn);
        WarnOfScripts(warn, cancellationToken);
    }

    private void WarnOfCuts(ClipOnTooLong onTooLong, Action<string> warn, CancellationToken cancellationToken)
    {
        int[] ids = new int[tokenizer.ContextLength];
        var cut = new List<string>();
        for (int i = 0; i < labels.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int t = 0; t < templates.Count; t++)
            {
                string prompt = Prompt(t, i);
                if (IsShort(prompt))
                {
                    continue;
                }
                tokenizer.EncodeToContext(prompt, ids, out bool truncated);
                if (!truncated)
                {
                    continue;
                }
                int tokens = tokenizer.CountTokens(prompt);
                if (onTooLong == ClipOnTooLong.Throw)
                {
                    throw new ArgumentException($"With the template \"{templates[t]}\" the label {Quote(i)} has {tokens} tokens, but the model's context holds {ids.Length}, start and end "
                        + "included. Shorten it, or set OnTooLong = ClipOnTooLong.Truncate.", nameof(labels));
                }
                cut.Add($"{Quote(i)}, {tokens} tokens");
                break;
            }
        }
        if (cut.Count > 0)
        {
            warn($"Prompts are cut at the model's context length, {ids.Length} tokens with start and end, and what stands behind is not seen: {List(cut)}. Shorten the labels or the "
                + "templates, or have them refused with OnTooLong = ClipOnTooLong.Throw.");
        }
    }

    private void WarnOfTies(Action<string> warn)
    {
        // Mostly one prompt each tells them apart; only where it does not are the others looked at.
        var groups = Enumerable.Range(0, labels.Count).GroupBy(i => ContextOf(i, 1)).Where(HasSeveral)
            .SelectMany(g => g.GroupBy(i => ContextOf(i, templates.Count))).Where(HasSeveral).ToArray();
        var cut = groups.Where(g => g.Select(AllTokensOf).Distinct().Skip(1).Any()).ToArray();
        var same = groups.Except(cut).ToArray();
        if (same.Length > 0)
        {
            warn($"These labels become the same tokens, so that they get equal scores and the first always wins: {List([.. same.Select(Names)])}. The model's tokenizer makes no difference "
                + "between them, as with upper and lower case or blanks. Leave one of them.");
        }
        if (cut.Length > 0)
        {
            warn($"These labels differ only where their prompts are cut at the context length, {tokenizer.ContextLength} tokens, so that they become the same tokens, get equal scores and the "
                + $"first always wins: {List([.. cut.Select(Names)])}. Shorten the labels or the templates.");
        }
    }

    private void WarnOfScripts(Action<string> warn, CancellationToken cancellationToken)
    {
        var broken = new List<string>();
        for (int i = 0; i < labels.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ForeignScript.Find(tokenizer, labels[i]) is { } found)
            {
                broken.Add(FormattableString.Invariant($"{Quote(i)}, {found.Tokens} tokens for {found.Letters} {(found.Letters == 1 ? "letter" : "letters")} ({(double)found.Tokens / found.Letters:0.0} a letter)"));
            }
        }
        if (broken.Count > 0)
        {
            warn($"The model's vocabulary has no words in the script of these labels and breaks them into single letters or bytes, so that the model hardly knows what they mean: {List(broken)}. "
                + "Translate them into the model's language, or use a multilingual model.");
        }
    }

    // CLIP's own makes no more than a token of an ASCII character, besides what frames a text, unless that is written as a reference (&nGt;). Most prompts are
    // such: it spares them being split twice.
    private bool IsShort(string prompt) =>
        tokenizer.IsClips && prompt.Length + MostFraming <= tokenizer.ContextLength && Ascii.IsValid(prompt) && !prompt.Contains('&');

    private string Prompt(int template, int label) => ClipPrompts.Fill(templates[template], labels[label]);

    // Equal ones under AllowRepeatedLabels were asked for.
    private bool HasSeveral(IGrouping<string, int> group) => group.Select(i => labels[i]).Distinct(StringComparer.Ordinal).Skip(1).Any();

    // Ids as text: something that has an equality.
    private string ContextOf(int label, int templateCount)
    {
        int[] ids = new int[tokenizer.ContextLength * templateCount];
        for (int t = 0; t < templateCount; t++)
        {
            tokenizer.EncodeToContext(Prompt(t, label), ids.AsSpan(t * tokenizer.ContextLength, tokenizer.ContextLength), out _);
        }
        return new string(MemoryMarshal.Cast<int, char>(ids));
    }

    private string AllTokensOf(int label) => string.Join(' ', Enumerable.Range(0, templates.Count).SelectMany(t => tokenizer.EncodeToIds(Prompt(t, label))));

    private string Names(IEnumerable<int> group) => List([.. group.Select(Quote)], " and ");

    // The number tells long ones apart.
    private string Quote(int label) =>
        labels[label].Length <= LongestQuotation ? $"'{labels[label]}' (label {label})" : $"'{labels[label].AsSpan(0, LongestQuotation)}...' (label {label})";

    private static string List(List<string> items, string separator = "; ") =>
        string.Join(separator, items.Take(Named)) + (items.Count > Named ? $"{separator}{items.Count - Named} more" : "");
}

/// <summary>
/// Whether a label is written in a script that a vocabulary takes to pieces: OpenAI's, of English texts, has hardly a word of another script.
/// </summary>
internal static class ForeignScript
{
    // The letters of English, French, German and most of Europe, and the accents that follow a letter, end before this.
    private const int LatinEnd = 0x370;

    // A vocabulary that knows a language has a token for a syllable of Korean or a sign of Chinese, and one for several letters of an alphabet; OpenAI's
    // takes 1.3 to 3 for the former and 1 to 2 for the latter, but for a few words that everybody writes.
    private const double TokensPerSyllable = 1.2, TokensPerLetter = 0.7;

    /// <summary>Counts the letters of a label that no Latin text has, and the tokens they take.</summary>
    /// <returns>Null if they are fewer than half of the label's letters, or the vocabulary knows them.</returns>
    public static (int Letters, int Tokens)? Find(ClipTokenizer tokenizer, string label)
    {
        if (!label.AsSpan().ContainsAnyExceptInRange('\0', (char)(LatinEnd - 1)))
        {
            return null;
        }
        var tokens = tokenizer.EncodeToTokens(label, out string? normalized);
        string text = normalized ?? label;
        bool[] isForeign = new bool[text.Length];
        int letters = 0, foreign = 0, syllables = 0, place = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune) || IsMark(rune))
            {
                letters++;
                if (IsForeign(rune.Value))
                {
                    foreign++;
                    syllables += IsSyllable(rune.Value) ? 1 : 0;
                    isForeign.AsSpan(place, rune.Utf16SequenceLength).Fill(true);
                }
            }
            place += rune.Utf16SequenceLength;
        }
        if (foreign == 0 || foreign * 2 < letters)
        {
            return null;
        }
        int count = tokens.Count(t => isForeign.AsSpan()[t.Offset].Contains(true));
        return count >= TokensPerSyllable * syllables + TokensPerLetter * (foreign - syllables) ? (foreign, count) : null;
    }

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    // Not the capital sharp s of German, nor ligatures as PDF files have them.
    private static bool IsForeign(int rune) => rune >= LatinEnd && rune is not 0x1E9E and not (>= 0xFB00 and <= 0xFB06);

    // Ethiopic, Cherokee and Canadian; the scripts of East Asia.
    private static bool IsSyllable(int rune) => rune is (>= 0x1200 and <= 0x167F) or (>= 0x2E80 and <= 0xD7FF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFF66 and <= 0xFF9F) or (>= 0x20000 and <= 0x3FFFF);
}
