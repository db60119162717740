using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// The steps that bring a text into the form in which it is split: one after another, in one pass for plain ASCII. Immutable and thread-safe.
/// </summary>
internal sealed class ClipNormalizer : Normalizer
{
    private const int StackLength = 512;

    private readonly NormalizationStep[] _steps;
    private readonly bool _isOpenAI;
    private readonly bool _hasAsciiPath;

    public ClipNormalizer(IEnumerable<NormalizationStep> steps)
    {
        _steps = [.. steps];
        _isOpenAI = _steps is [HtmlReferences, HtmlReferences, PythonStrip, CollapseWhiteSpace { Replacement: " " }, PythonStrip, PythonLower];
        _hasAsciiPath = _isOpenAI || _steps is [CanonicalComposition, CollapseWhiteSpace { Replacement: " " }, LowerCase];
    }

    /// <summary>The normalizer of OpenAI's CLIP models as Hugging Face publishes them.</summary>
    public static ClipNormalizer HuggingFace { get; } = new([CanonicalComposition.Instance, CollapseWhiteSpace.ToSpace, LowerCase.Instance]);

    /// <summary><c>whitespace_clean(basic_clean(text)).lower()</c> of OpenAI's simple_tokenizer.py, without ftfy.</summary>
    public static ClipNormalizer OpenAI { get; } =
        new([HtmlReferences.Instance, HtmlReferences.Instance, PythonStrip.Instance, CollapseWhiteSpace.ToSpace, PythonStrip.Instance, PythonLower.Instance]);

    /// <inheritdoc/>
    public override string Normalize(string original)
    {
        ArgumentNullException.ThrowIfNull(original);
        return Normalize(original.AsSpan());
    }

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original)
    {
        var output = new ValueList<char>(stackalloc char[StackLength]);
        Append(original, ref output);
        string normalized = output.AsSpan().ToString();
        output.Dispose();
        return normalized;
    }

    /// <summary>Appends the normalised text to <paramref name="output"/>.</summary>
    public void Append(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        if (_hasAsciiPath && Ascii.IsValid(text) && !(_isOpenAI && text.Contains('&')))
        {
            AppendAscii(text, ref output);
            return;
        }
        var current = new ValueList<char>(stackalloc char[StackLength]);
        var next = new ValueList<char>(stackalloc char[StackLength]);
        current.AddRange(text);
        foreach (var step in _steps)
        {
            next.Count = 0;
            step.Apply(current.AsSpan(), ref next);
            var spent = current;
            current = next;
            next = spent;
        }
        output.AddRange(current.AsSpan());
        current.Dispose();
        next.Dispose();
    }

    // NFC leaves ASCII alone; what remains is white space and case, and for OpenAI the ends.
    private void AppendAscii(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        text = _isOpenAI ? PythonStrip.Trim(text) : text;
        var written = output.Append(text.Length);
        int length = 0;
        bool inRun = false;
        foreach (char c in text)
        {
            bool isSpace = c is ' ' or >= '\t' and <= '\r';
            if (!(isSpace && inRun))
            {
                written[length++] = isSpace ? ' ' : (uint)(c - 'A') <= 'Z' - 'A' ? (char)(c | 0x20) : c;
            }
            inRun = isSpace;
        }
        output.Count -= written.Length - length;
    }
}
