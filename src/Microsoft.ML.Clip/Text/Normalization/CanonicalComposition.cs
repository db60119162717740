using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Unicode normalisation form C (UAX #15): decompose, sort marks by combining class, compose. Linear in the length of the text, whatever it holds.
/// Lone surrogates pass unchanged.
/// </summary>
internal sealed class CanonicalComposition : NormalizationStep
{
    private const char FirstMark = '\u0300';
    private const int StackLength = 256;

    public static CanonicalComposition Instance { get; } = new();

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        if (IsNormalized(text))
        {
            output.AddRange(text);
            return;
        }
        var codePoints = new ValueList<int>(stackalloc int[StackLength]);
        try
        {
            Decompose(text, ref codePoints);
            SortMarks(ref codePoints);
            Compose(ref codePoints);
            foreach (int c in codePoints.AsSpan())
            {
                AppendCodePoint(c, ref output);
            }
        }
        finally
        {
            codePoints.Dispose();
        }
    }

    /// <summary>The quick check; a false answer may be too careful.</summary>
    private static bool IsNormalized(ReadOnlySpan<char> text)
    {
        int i = text.IndexOfAnyInRange(FirstMark, char.MaxValue);
        while ((uint)i < (uint)text.Length)
        {
            if (CanonicalTables.IsActive(CodePointAt(text, i, out int length)))
            {
                return false;
            }
            i += length;
        }
        return true;
    }

    private static int CodePointAt(ReadOnlySpan<char> text, int i, out int length)
    {
        bool isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
        length = isPair ? 2 : 1;
        return isPair ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];
    }

    internal static void Decompose(scoped ReadOnlySpan<char> text, ref ValueList<int> output)
    {
        for (int i = 0; i < text.Length;)
        {
            AppendDecomposed(CodePointAt(text, i, out int length), ref output);
            i += length;
        }
    }

    private static void AppendDecomposed(int codePoint, ref ValueList<int> output)
    {
        if (CanonicalTables.TryDecompose(codePoint, out var parts) || HangulSyllable.TryDecompose(codePoint, out parts))
        {
            AppendDecomposed(parts.First, ref output);
            if (parts.Second != 0)
            {
                AppendDecomposed(parts.Second, ref output);
            }
        }
        else
        {
            output.Add(codePoint);
        }
    }

    internal static void SortMarks(ref ValueList<int> codePoints)
    {
        for (int i = 0; i < codePoints.Count; i++)
        {
            int start = i;
            while (i < codePoints.Count && CanonicalTables.CombiningClass(codePoints[i]) != 0)
            {
                i++;
            }
            if (i - start > 1)
            {
                SortRun(codePoints.AsWritableSpan()[start..i]);
            }
        }
    }

    // A stable sort: marks of one class keep their order. The run may be as long as the text.
    private static void SortRun(Span<int> run)
    {
        long[] keys = new long[run.Length];
        for (int i = 0; i < run.Length; i++)
        {
            keys[i] = ((long)CanonicalTables.CombiningClass(run[i]) << 32) | (uint)i;
        }
        keys.AsSpan().Sort(run);
    }

    private static void Compose(ref ValueList<int> codePoints)
    {
        const int NoStarter = -1;
        int starter = NoStarter, kept = 0, lastClass = 0;
        for (int i = 0; i < codePoints.Count; i++)
        {
            int c = codePoints[i];
            int combiningClass = CanonicalTables.CombiningClass(c);
            // A mark is blocked from its starter by a mark of the same or a higher class between them, a starter by anything between.
            bool isOpen = starter != NoStarter && (starter == kept - 1 || lastClass < combiningClass);
            if (isOpen && TryCompose(codePoints[starter], c, out int composite))
            {
                codePoints[starter] = composite;
                continue;
            }
            starter = combiningClass == 0 ? kept : starter;
            lastClass = combiningClass;
            codePoints[kept++] = c;
        }
        codePoints.Count = kept;
    }

    private static bool TryCompose(int first, int second, out int composite) =>
        HangulSyllable.TryCompose(first, second, out composite) || CanonicalTables.TryCompose(first, second, out composite);

    internal static void AppendCodePoint(int codePoint, ref ValueList<char> output)
    {
        if (codePoint <= char.MaxValue)
        {
            output.Add((char)codePoint);
        }
        else
        {
            new Rune(codePoint).EncodeToUtf16(output.Append(2));
        }
    }
}
