using System.Text;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip;

/// <summary>
/// The steps that bring a text into the form in which it is split: one after another, in one pass for plain ASCII. Immutable and thread-safe.
/// </summary>
internal sealed class ClipNormalizer : Normalizer
{
    private const int StackLength = 512;

    // Compatibility decomposition makes up to 18 characters of one; no released tokenizer's replacement comes near. Short texts have room for any ending.
    private const int MaximumGrowth = 64, FreeGrowth = 1 << 16;

    private readonly string _source;
    private readonly NormalizationStep[] _steps;
    private readonly bool _isOpenAI;
    private readonly bool _hasAsciiPath;

    /// <param name="steps">What is done, in order.</param>
    /// <param name="source">Where the steps come from, for messages.</param>
    public ClipNormalizer(IEnumerable<NormalizationStep> steps, string source = "This tokenizer")
    {
        _source = source;
        _steps = [.. steps];
        _isOpenAI = _steps is [HtmlReferences, HtmlReferences, PythonStrip, CollapseWhiteSpace { Replacement: " " }, PythonStrip, PythonLower];
        _hasAsciiPath = _isOpenAI || _steps is [CanonicalComposition, CollapseWhiteSpace { Replacement: " " }, LowerCase];
    }

    /// <summary>The normalizer of OpenAI's CLIP models as Hugging Face publishes them.</summary>
    public static ClipNormalizer HuggingFace { get; } = new([CanonicalComposition.Instance, CollapseWhiteSpace.ToSpace, LowerCase.Instance]);

    /// <summary><c>whitespace_clean(basic_clean(text)).lower()</c> of OpenAI's simple_tokenizer.py, without ftfy.</summary>
    public static ClipNormalizer OpenAI { get; } =
        new([HtmlReferences.Instance, HtmlReferences.Instance, PythonStrip.Instance, CollapseWhiteSpace.ToSpace, PythonStrip.Instance, PythonLower.Instance]);

    /// <summary>big_vision's <c>canonicalize_text</c>, with which SigLIP was trained.</summary>
    public static ClipNormalizer Canonical { get; } = new([RemovePunctuation.Instance, PythonLower.Instance, JoinWords.Instance]);

    /// <summary><c>whitespace_clean(basic_clean(text))</c> of open_clip's tokenizer.py, without ftfy.</summary>
    public static ClipNormalizer OpenClip { get; } =
        new([HtmlReferences.Instance, HtmlReferences.Instance, JoinWords.Instance]);

    /// <summary><c>canonicalize_text(basic_clean(text))</c> of open_clip's tokenizer.py, without ftfy: its <c>clean="canonicalize"</c>.</summary>
    public static ClipNormalizer OpenClipCanonical { get; } =
        new([HtmlReferences.Instance, HtmlReferences.Instance, RemovePunctuation.Instance, PythonLower.Instance, JoinWords.Instance]);

    /// <summary><c>whitespace_clean(basic_clean(text)).lower()</c> of open_clip's tokenizer.py, without ftfy: its <c>clean="lower"</c>.</summary>
    public static ClipNormalizer OpenClipLower { get; } =
        new([HtmlReferences.Instance, HtmlReferences.Instance, JoinWords.Instance, PythonLower.Instance]);

    /// <summary>Lower case alone, as transformers 5 puts it before SigLIP 2's own steps.</summary>
    public static ClipNormalizer Lower { get; } = new([LowerCase.Instance]);

    /// <summary>Whether the first character of a text stays the first, however it changes.</summary>
    public bool KeepsStart => _steps.All(s => s is WellFormed or CanonicalComposition or SystemNormalization or LowerCase or Prepend);

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
    /// <exception cref="InvalidDataException">The steps multiply the text beyond all measure.</exception>
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
        // Tokenizers come from strangers, and 34 steps of "a" to "aa" make gigabytes of a caption.
        current.MaximumCount = next.MaximumCount = (int)Math.Min((MaximumGrowth * (long)text.Length) + FreeGrowth, Array.MaxLength);
        try
        {
            foreach (var step in _steps)
            {
                next.Count = 0;
                step.Apply(current.AsSpan(), ref next);
                var spent = current;
                current = next;
                next = spent;
            }
            output.AddRange(current.AsSpan());
        }
        catch (ValueListLimitException)
        {
            throw new InvalidDataException(
                $"{_source} has a normalizer that makes more than {next.MaximumCount:N0} characters of a text of {text.Length:N0}, which no CLIP tokenizer does.");
        }
        finally
        {
            current.Dispose();
            next.Dispose();
        }
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
