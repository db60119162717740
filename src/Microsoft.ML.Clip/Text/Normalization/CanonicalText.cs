using System.Buffers;

namespace Microsoft.ML.Clip;

/// <summary>The first step of big_vision's <c>canonicalize_text</c>: underscores become spaces, and the other marks of ASCII punctuation go.</summary>
internal sealed class RemovePunctuation : NormalizationStep
{
    // Python's string.punctuation.
    private static readonly SearchValues<char> Marks = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

    public static RemovePunctuation Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        for (int at; (at = text.IndexOfAny(Marks)) >= 0; text = text[(at + 1)..])
        {
            output.AddRange(text[..at]);
            if (text[at] == '_')
            {
                output.Add(' ');
            }
        }
        output.AddRange(text);
    }
}

/// <summary>Python's <c>" ".join(text.split())</c>: one space between words, none at the ends.</summary>
internal sealed class JoinWords : NormalizationStep
{
    public static JoinWords Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        bool inRun = false;
        foreach (char c in PythonStrip.Trim(text))
        {
            bool isSpace = PythonStrip.IsSpace(c);
            if (!(isSpace && inRun))
            {
                output.Add(isSpace ? ' ' : c);
            }
            inRun = isSpace;
        }
    }
}
