using System.Buffers;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    // Released tokenizers have up to six.
    private const int MaximumSteps = 100;

    /// <param name="file">The file.</param>
    /// <param name="takesCharacters">Whether the model takes characters, for which half a surrogate pair has to be one; bytes make one of it by themselves.</param>
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that CLIP tokenizers do not use.</exception>
    public static ClipNormalizer Read(JsonField file, bool takesCharacters = false)
    {
        List<NormalizationStep> steps = takesCharacters ? [WellFormed.Instance] : [];
        if (file["normalizer"] is { Exists: true } normalizer)
        {
            Append(normalizer, steps);
        }
        return new ClipNormalizer(steps, file.File);
    }

    private static void Append(JsonField normalizer, List<NormalizationStep> steps)
    {
        if (steps.Count == MaximumSteps)
        {
            throw new InvalidDataException($"{normalizer.File}: property '{normalizer.Path}' is one of more than {MaximumSteps} normalizers.");
        }
        string type = normalizer["type"].Text();
        switch (type)
        {
            case "Sequence":
                foreach (var step in normalizer["normalizers"].Items())
                {
                    Append(step, steps);
                }
                break;
            case "NFC":
                steps.Add(CanonicalComposition.Instance);
                break;
            case "NFD" or "NFKC" or "NFKD":
                steps.Add(System(normalizer, type));
                break;
            case "Lowercase":
                steps.Add(LowerCase.Instance);
                break;
            case "Strip":
                steps.Add(new Strip(normalizer["strip_left"].Flag(false), normalizer["strip_right"].Flag(false)));
                break;
            case "Prepend":
                steps.Add(new Prepend(normalizer["prepend"].Text()));
                break;
            case "Precompiled":
                steps.Add(ReadPrecompiled(normalizer["precompiled_charsmap"]));
                break;
            case "BertNormalizer":
                AppendBert(normalizer, steps);
                break;
            case "Replace":
                steps.Add(Replace(normalizer));
                break;
            default:
                throw new NotSupportedException($"{normalizer.File} uses the normalizer '{type}', which this CLIP tokenizer does not know.");
        }
    }

    private static SystemNormalization System(JsonField normalizer, string type)
    {
        if (!SystemNormalization.IsAvailable)
        {
            throw new NotSupportedException($"{normalizer.File} uses the normalizer '{type}', which .NET cannot do here: InvariantGlobalization is on, or ICU is missing.");
        }
        return new SystemNormalization(type switch
        {
            "NFD" => NormalizationForm.FormD,
            "NFKC" => NormalizationForm.FormKC,
            _ => NormalizationForm.FormKD,
        });
    }

    private static PrecompiledCharsMap ReadPrecompiled(JsonField table)
    {
        string base64 = table.Text();
        byte[] blob = new byte[base64.Length / 4 * 3];
        if (!Convert.TryFromBase64String(base64, blob, out int length))
        {
            throw table.Error("bytes in base64");
        }
        try
        {
            return new PrecompiledCharsMap(blob.AsSpan(0, length));
        }
        catch (InvalidDataException e)
        {
            throw table.Error(e.Message);
        }
    }

    private static void AppendBert(JsonField normalizer, List<NormalizationStep> steps)
    {
        bool cleans = normalizer["clean_text"].Flag(true), isolates = normalizer["handle_chinese_chars"].Flag(true), lowers = normalizer["lowercase"].Flag(true);
        if (cleans || isolates)
        {
            steps.Add(new BertCleanText(cleans, isolates));
        }
        if (normalizer["strip_accents"].Flag(lowers))
        {
            steps.Add(StripMarks.Instance);
        }
        if (lowers)
        {
            steps.Add(LowerCase.Instance);
        }
    }

    /// <summary>Reads <c>[...]</c> of single marks of ASCII, escaped or not, which is quicker without a regular expression; null for any other.</summary>
    private static SearchValues<char>? ReadClass(string pattern)
    {
        if (pattern is not ['[', .. var inside, ']'])
        {
            return null;
        }
        var characters = new List<char>();
        for (int i = 0; i < inside.Length; i++)
        {
            bool isEscaped = inside[i] == '\\' && i + 1 < inside.Length;
            char c = inside[isEscaped ? ++i : i];
            if (!char.IsAscii(c) || char.IsAsciiLetterOrDigit(c) || (!isEscaped && c is ('\\' or '[' or ']' or '^' or '-' or '&' or '~' or '|')))
            {
                return null;
            }
            characters.Add(c);
        }
        return SearchValues.Create([.. characters]);
    }

    private static NormalizationStep Replace(JsonField normalizer)
    {
        string replacement = normalizer["content"].Text();
        var pattern = normalizer["pattern"];
        var (text, isRegex) = PatternReader.Read(pattern);
        if (text == CollapseWhiteSpace.Pattern && isRegex)
        {
            return new CollapseWhiteSpace(replacement);
        }
        if (isRegex && text == CollapseSpaces.Pattern)
        {
            return new CollapseSpaces(replacement);
        }
        if (isRegex && ReadClass(text) is { } characters)
        {
            return new ReplaceCharacters(characters, replacement);
        }
        return isRegex ? new ReplacePattern(PatternReader.Compile(pattern, text), replacement) : new ReplaceText(text, replacement);
    }
}
