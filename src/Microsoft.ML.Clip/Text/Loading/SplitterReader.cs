using System.Text;
using System.Text.Json;
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
    public static PieceSplitter Read(JsonFile file)
    {
        var parts = file.Find(file.Root, "pre_tokenizer", JsonValueKind.Object) is { } root ? Flatten(file, root) : [];
        bool isByteLevel = parts.Any(p => file.GetString(p, "type") == "ByteLevel");
        if (!isByteLevel)
        {
            throw new NotSupportedException($"{file.Description} has no pre-tokenizer 'ByteLevel'; CLIP's byte-pair encoding works on bytes.");
        }
        return (PieceSplitter?)ReadClip(file, parts) ?? new SplitterSequence([.. parts.Select(p => ReadPart(file, p)).OfType<PieceSplitter>()]);
    }

    private static List<JsonElement> Flatten(JsonFile file, JsonElement preTokenizer) => file.GetString(preTokenizer, "type") == "Sequence"
        ? [.. file.Get(preTokenizer, "pretokenizers", JsonValueKind.Array).EnumerateArray().SelectMany(p => Flatten(file, p))]
        : [preTokenizer];

    /// <summary>Recognises CLIP's own pre-tokenizer, which has a splitter of its own; null for any other.</summary>
    private static ClipPieceSplitter? ReadClip(JsonFile file, List<JsonElement> parts)
    {
        if (parts.Count != 2 || file.GetString(parts[0], "type") != "Split" || file.GetString(parts[1], "type") != "ByteLevel"
            || file.GetString(parts[0], "behavior") != "Removed" || !file.FindFlag(parts[0], "invert"))
        {
            return null;
        }
        var (pattern, isRegex) = PatternReader.Read(file, parts[0]);
        if (!isRegex || !pattern.EndsWith(ClipPieceSplitter.Pattern, StringComparison.Ordinal))
        {
            return null;
        }
        var literals = ReadLiterals(pattern[..^ClipPieceSplitter.Pattern.Length]);
        return literals is null ? null : (ClipPieceSplitter)ForSpecialTexts(literals, ReadByteLevel(file, parts[1]) is not null);
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

    private static PieceSplitter? ReadPart(JsonFile file, JsonElement part) => file.GetString(part, "type") switch
    {
        "Split" => ReadSplit(file, part),
        "ByteLevel" => ReadByteLevel(file, part),
        "WhitespaceSplit" => new PatternSplitter(new CodePointRegex(@"\s+"), keepMatches: false, keepRest: true),
        "Whitespace" => new PatternSplitter(new CodePointRegex(@"\w+|[^\w\s]+"), keepMatches: true, keepRest: false),
        var type => throw new NotSupportedException($"{file.Description} uses the pre-tokenizer '{type}', which this CLIP tokenizer does not know."),
    };

    private static PatternSplitter ReadSplit(JsonFile file, JsonElement split)
    {
        var (pattern, isRegex) = PatternReader.Read(file, split);
        bool invert = file.FindFlag(split, "invert");
        return file.GetString(split, "behavior") switch
        {
            "Removed" => new PatternSplitter(PatternReader.Compile(file, isRegex ? pattern : Regex.Escape(pattern)), keepMatches: invert, keepRest: !invert),
            "Isolated" => new PatternSplitter(PatternReader.Compile(file, isRegex ? pattern : Regex.Escape(pattern)), keepMatches: true, keepRest: true),
            var behavior => throw new NotSupportedException($"{file.Description} splits with the behavior '{behavior}'; known are Removed and Isolated."),
        };
    }

    private static PatternSplitter? ReadByteLevel(JsonFile file, JsonElement byteLevel)
    {
        if (file.FindFlag(byteLevel, "add_prefix_space", missing: true))
        {
            throw new NotSupportedException($"{file.Description} uses 'ByteLevel' with 'add_prefix_space', which no CLIP tokenizer does.");
        }
        return file.FindFlag(byteLevel, "use_regex", missing: true) ? PatternSplitter.ByteLevel : null;
    }
}
