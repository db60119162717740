using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal static class SplitterReader
{
    /// <summary>The released models' pre-tokenizer: CLIP's pattern, preferring the special tokens, then the split of <c>ByteLevel</c>.</summary>
    public static PieceSplitter ForSpecialTexts(IEnumerable<string> specialTexts, bool byteLevelRegex = true) =>
        new ClipPieceSplitter(specialTexts.Select(t => SpecialText.Pieces(t, byteLevelRegex ? PatternSplitter.ByteLevel : null)), ignoreCase: false);

    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that CLIP tokenizers do not use.</exception>
    public static PieceSplitter Read(JsonField file)
    {
        var parts = Parts(file);
        return (PieceSplitter?)ReadClip(parts) ?? new SplitterSequence([.. parts.Select(p => ReadPart(p)).OfType<PieceSplitter>()]);
    }

    /// <summary>Whether one of the pre-tokenizers hands bytes on, in their printable form, instead of characters.</summary>
    public static bool IsByteLevel(JsonField file) => Parts(file).Any(p => p["type"].Text() == "ByteLevel");

    private static List<JsonField> Parts(JsonField file) => file["pre_tokenizer"] is { Exists: true } root ? Flatten(root) : [];

    private static List<JsonField> Flatten(JsonField preTokenizer) => preTokenizer["type"].Text() == "Sequence"
        ? [.. preTokenizer["pretokenizers"].Items().SelectMany(Flatten)]
        : [preTokenizer];

    /// <summary>Recognises CLIP's own pre-tokenizer, which has a splitter of its own; null for any other.</summary>
    private static ClipPieceSplitter? ReadClip(List<JsonField> parts)
    {
        if (parts.Count != 2 || parts[0]["type"].Text() != "Split" || parts[1]["type"].Text() != "ByteLevel"
            || parts[0]["behavior"].Text() != "Removed" || !parts[0]["invert"].Flag(false))
        {
            return null;
        }
        var (pattern, isRegex) = PatternReader.Read(parts[0]["pattern"]);
        if (!isRegex || !pattern.EndsWith(ClipPieceSplitter.Pattern, StringComparison.Ordinal))
        {
            return null;
        }
        var literals = ReadLiterals(pattern[..^ClipPieceSplitter.Pattern.Length]);
        return literals is null ? null : (ClipPieceSplitter)ForSpecialTexts(literals, ReadByteLevel(parts[1]) is not null);
    }

    /// <summary>Reads alternatives that are plain texts, each with a bar behind it; null if there is any other.</summary>
    private static List<string>? ReadLiterals(string alternatives)
    {
        var literals = new List<string>();
        var literal = new StringBuilder();
        for (int i = 0; i < alternatives.Length; i++)
        {
            bool isEscaped = alternatives[i] == '\\' && i + 1 < alternatives.Length && !char.IsLetterOrDigit(alternatives[i + 1]);
            if (alternatives[i] == '|')
            {
                literals.Add(literal.ToString());
                literal.Clear();
            }
            else if (isEscaped || Regex.Escape(alternatives[i].ToString()).Length == 1)
            {
                literal.Append(alternatives[isEscaped ? ++i : i]);
            }
            else
            {
                return null;
            }
        }
        return literal.Length == 0 && !literals.Contains("") ? literals : null;
    }

    private static PieceSplitter? ReadPart(JsonField part) => part["type"].Text() switch
    {
        "Split" => ReadSplit(part),
        "ByteLevel" => ReadByteLevel(part),
        "WhitespaceSplit" => new PatternSplitter(new CodePointRegex(@"\s+"), keepMatches: false, keepRest: true),
        "Whitespace" => new PatternSplitter(new CodePointRegex(@"\w+|[^\w\s]+"), keepMatches: true, keepRest: false),
        var type => throw new NotSupportedException($"{part.File} uses the pre-tokenizer '{type}', which this CLIP tokenizer does not know."),
    };

    private static PatternSplitter ReadSplit(JsonField split)
    {
        var (text, isRegex) = PatternReader.Read(split["pattern"]);
        var pattern = PatternReader.Compile(split["pattern"], isRegex ? text : Regex.Escape(text));
        bool invert = split["invert"].Flag(false);
        return split["behavior"].Text() switch
        {
            "Removed" => new PatternSplitter(pattern, keepMatches: invert, keepRest: !invert),
            "Isolated" => new PatternSplitter(pattern, keepMatches: true, keepRest: true),
            var behavior => throw new NotSupportedException($"{split.File} splits with the behavior '{behavior}'; known are Removed and Isolated."),
        };
    }

    private static PatternSplitter? ReadByteLevel(JsonField byteLevel)
    {
        if (byteLevel["add_prefix_space"].Flag(true))
        {
            throw new NotSupportedException($"{byteLevel.File} uses 'ByteLevel' with 'add_prefix_space', which no CLIP tokenizer does.");
        }
        return byteLevel["use_regex"].Flag(true) ? PatternSplitter.ByteLevel : null;
    }
}
