using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    // Released tokenizers have up to six.
    private const int MaximumSteps = 100;

    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that CLIP tokenizers do not use.</exception>
    public static ClipNormalizer Read(JsonField file)
    {
        var steps = new List<NormalizationStep>();
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

    private static NormalizationStep Replace(JsonField normalizer)
    {
        string replacement = normalizer["content"].Text();
        var pattern = normalizer["pattern"];
        var (text, isRegex) = PatternReader.Read(pattern);
        if (text == CollapseWhiteSpace.Pattern && isRegex)
        {
            return new CollapseWhiteSpace(replacement);
        }
        return isRegex ? new ReplacePattern(PatternReader.Compile(pattern, text), replacement) : new ReplaceText(text, replacement);
    }
}
