using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>NFD, NFKC or NFKD by the system's own tables. CLIP's tokenizers use NFC, for which see <see cref="CanonicalComposition"/>.</summary>
internal sealed class SystemNormalization(NormalizationForm form) : NormalizationStep
{
    /// <summary>False under InvariantGlobalization, where <see cref="string.Normalize()"/> returns non-ASCII text unchanged without a word.</summary>
    public static bool IsAvailable => "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        // Normalize refuses lone surrogates; UTF-8, to which the text goes next, has only the replacement character for them.
        string wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
        output.AddRange(wellFormed.Normalize(form));
    }
}
