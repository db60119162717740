using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    /// <exception cref="InvalidDataException">It is malformed.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that CLIP tokenizers do not use.</exception>
    public static ClipNormalizer Read(JsonFile file)
    {
        var steps = new List<NormalizationStep>();
        if (file.Find(file.Root, "normalizer", JsonValueKind.Object) is { } normalizer)
        {
            Append(file, normalizer, steps);
        }
        return new ClipNormalizer(steps);
    }

    private static void Append(JsonFile file, JsonElement normalizer, List<NormalizationStep> steps)
    {
        string type = file.GetString(normalizer, "type");
        switch (type)
        {
            case "Sequence":
                foreach (var step in file.Get(normalizer, "normalizers", JsonValueKind.Array).EnumerateArray())
                {
                    Append(file, step, steps);
                }
                break;
            case "NFC":
                steps.Add(CanonicalComposition.Instance);
                break;
            case "NFD" or "NFKC" or "NFKD":
                steps.Add(System(file, type));
                break;
            case "Lowercase":
                steps.Add(LowerCase.Instance);
                break;
            case "Strip":
                steps.Add(new Strip(file.FindFlag(normalizer, "strip_left"), file.FindFlag(normalizer, "strip_right")));
                break;
            case "Replace":
                steps.Add(Replace(file, normalizer));
                break;
            default:
                throw new NotSupportedException($"{file.Description} uses the normalizer '{type}', which this CLIP tokenizer does not know.");
        }
    }

    private static SystemNormalization System(JsonFile file, string type)
    {
        if (!SystemNormalization.IsAvailable)
        {
            throw new NotSupportedException($"{file.Description} uses the normalizer '{type}', which .NET cannot do here: InvariantGlobalization is on, or ICU is missing.");
        }
        return new SystemNormalization(type switch
        {
            "NFD" => NormalizationForm.FormD,
            "NFKC" => NormalizationForm.FormKC,
            _ => NormalizationForm.FormKD,
        });
    }

    private static NormalizationStep Replace(JsonFile file, JsonElement normalizer)
    {
        string replacement = file.GetString(normalizer, "content");
        var (text, isRegex) = PatternReader.Read(file, normalizer);
        if (text == CollapseWhiteSpace.Pattern && isRegex)
        {
            return new CollapseWhiteSpace(replacement);
        }
        return isRegex ? new ReplacePattern(PatternReader.Compile(file, text), replacement) : new ReplaceText(text, replacement);
    }
}
