using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal static class SplitterReader
{
    // Released tokenizers have up to four. They call one another.
    private const int MaximumParts = 100;

    // \w+ of Rust's expressions, which is more than .NET's: all marks, numbers that are letters, joiners, letters in circles.
    private const string WordCharacters = @"\w\p{M}\p{Nl}\u200C\u200D\u24B6-\u24E9";

    /// <summary>The released models' pre-tokenizer: CLIP's pattern, preferring the special tokens, then the split of <c>ByteLevel</c>.</summary>
    public static PieceSplitter ForSpecialTexts(IEnumerable<string> specialTexts, bool byteLevelRegex = true) =>
        new ClipPieceSplitter(specialTexts.Select(t => SpecialText.Pieces(t, byteLevelRegex ? PatternSplitter.ByteLevel : null)), ignoreCase: false);

    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that CLIP tokenizers do not use.</exception>
    public static PieceSplitter Read(JsonField file)
    {
        var parts = Parts(file);
        return (PieceSplitter?)ReadClip(parts) ?? (parts.Select(ReadPart).OfType<PieceSplitter>().ToArray() is [var only] ? only
            : new SplitterSequence([.. parts.Select(ReadPart).OfType<PieceSplitter>()]));
    }

    /// <summary>Whether one of the pre-tokenizers hands bytes on, in their printable form, instead of characters.</summary>
    public static bool IsByteLevel(JsonField file) => Parts(file).Any(p => p["type"].Text() == "ByteLevel");

    /// <summary>Refuses a pre-tokenizer that hands on bytes to a model that takes characters.</summary>
    /// <exception cref="NotSupportedException">There is one.</exception>
    public static void RejectByteLevel(JsonField file, string modelType)
    {
        if (IsByteLevel(file))
        {
            throw new NotSupportedException($"{file.File} has the pre-tokenizer 'ByteLevel' before a model of type '{modelType}', which no known tokenizer has.");
        }
    }

    /// <summary>The pre-tokenizer that marks spaces, or null if there is none.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public static Metaspace? FindMetaspace(JsonField file) => Parts(file).Where(p => p["type"].Text() == "Metaspace").Select(ReadMetaspace).FirstOrDefault();

    /// <summary>Reads a <c>Metaspace</c>, which is a pre-tokenizer and a decoder.</summary>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    public static Metaspace ReadMetaspace(JsonField part)
    {
        if (part["replacement"].Text() is not { Length: 1 } mark || char.IsSurrogate(mark[0]))
        {
            throw part["replacement"].Error("one character of the basic plane");
        }
        // add_prefix_space was the only word for it until 2023.
        var prefix = part["prepend_scheme"].FindText() switch
        {
            "first" => MetaspacePrefix.First,
            "never" => MetaspacePrefix.Never,
            "always" or null => MetaspacePrefix.Always,
            _ => throw part["prepend_scheme"].Error("'always', 'first' or 'never'"),
        };
        if (!part["add_prefix_space"].Flag(true))
        {
            prefix = prefix == MetaspacePrefix.Never || !part["prepend_scheme"].Exists ? MetaspacePrefix.Never
                : throw part["add_prefix_space"].Error($"true, as 'prepend_scheme' is '{part["prepend_scheme"].Text()}'");
        }
        return new Metaspace(mark[0], prefix, part["split"].Flag(true));
    }

    private static List<JsonField> Parts(JsonField file)
    {
        var parts = file["pre_tokenizer"] is { Exists: true } root ? Flatten(root) : [];
        return parts.Count <= MaximumParts ? parts : throw new InvalidDataException($"{file.File}: property 'pre_tokenizer' holds {parts.Count:N0} pre-tokenizers; {MaximumParts} are the most.");
    }

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
        "WhitespaceSplit" => new WhiteSpaceSplitter(),
        "Whitespace" => new PatternSplitter(new CodePointRegex($"[{WordCharacters}]+|[^{WordCharacters}\\s]+"), MatchBehavior.Removed, inverted: true),
        "BertPreTokenizer" => new BertSplitter(),
        "Metaspace" => ReadMetaspace(part),
        var type => throw new NotSupportedException($"{part.File} uses the pre-tokenizer '{type}', which this CLIP tokenizer does not know."),
    };

    private static PatternSplitter ReadSplit(JsonField split)
    {
        var (text, isRegex) = PatternReader.Read(split["pattern"]);
        var pattern = isRegex ? PatternReader.Compile(split["pattern"], text) : CodePointRegex.Literal(text);
        var behavior = split["behavior"].Text() switch
        {
            "Removed" => MatchBehavior.Removed,
            "Isolated" => MatchBehavior.Isolated,
            "MergedWithPrevious" => MatchBehavior.MergedWithPrevious,
            "MergedWithNext" => MatchBehavior.MergedWithNext,
            "Contiguous" => MatchBehavior.Contiguous,
            _ => throw split["behavior"].Error("'Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext' or 'Contiguous'"),
        };
        return new PatternSplitter(pattern, behavior, split["invert"].Flag(false));
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
