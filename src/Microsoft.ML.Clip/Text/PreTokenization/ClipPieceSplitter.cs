using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// CLIP's own split, written out by hand because every prompt goes through it:
/// <code>special tokens | 's | 't | 're | 've | 'm | 'll | 'd | [\p{L}]+ | [\p{N}] | [^\s\p{L}\p{N}]+</code>
/// by code point, in this order of preference. White space belongs to no piece.
/// </summary>
internal sealed class ClipPieceSplitter : PieceSplitter
{
    /// <summary>The pattern behind the alternatives for special tokens.</summary>
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    private const int CombiningIota = 0x345;

    private readonly SpecialText[] _specialTexts;
    private readonly bool _ignoreCase;

    /// <param name="specialTexts">The texts that the pattern prefers over everything else, in order.</param>
    /// <param name="ignoreCase">
    /// OpenAI's pattern ignores case. The text is lower case already; what is left of it is that U+017F, the long s, counts as an s, and that U+0345 belongs
    /// to no piece: the mark is no letter, but its upper case (iota) is one, so it matches neither the class of letters nor that of all else.
    /// </param>
    public ClipPieceSplitter(IEnumerable<SpecialText> specialTexts, bool ignoreCase) => (_specialTexts, _ignoreCase) = ([.. specialTexts], ignoreCase);

    private enum CharKind : byte
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <inheritdoc/>
    public override void Split(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces)
    {
        for (int i = 0; i < text.Length;)
        {
            if (text[i] == ' ')
            {
                i++;
                continue;
            }
            if (TrySplitSpecial(text[i..], offset + i, ref pieces, out int length))
            {
                i += length;
                continue;
            }
            var kind = KindAt(text, i, out length);
            if (kind != CharKind.Space)
            {
                length = kind == CharKind.Number ? length : ContractionLength(text[i..]) is > 0 and var contraction ? contraction : RunLength(text[i..], kind);
                pieces.Add(new Piece(offset + i, length));
            }
            i += length;
        }
    }

    private bool TrySplitSpecial(scoped ReadOnlySpan<char> text, int offset, ref ValueList<Piece> pieces, out int length)
    {
        foreach (var special in _specialTexts)
        {
            if (special.IsAt(text, _ignoreCase))
            {
                special.Append(text, offset, ref pieces);
                length = special.Text.Length;
                return true;
            }
        }
        length = 0;
        return false;
    }

    private int ContractionLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] != '\'')
        {
            return 0;
        }
        return (text[1], text.Length > 2 ? text[2] : ' ') switch
        {
            ('s' or 't' or 'm' or 'd', _) => 2,
            (SpecialText.LongS, _) when _ignoreCase => 2,
            ('r', 'e') or ('v', 'e') or ('l', 'l') => 3,
            _ => 0,
        };
    }

    private int RunLength(ReadOnlySpan<char> text, CharKind kind)
    {
        int end = 0;
        while (end < text.Length && KindAt(text, end, out int length) == kind)
        {
            end += length;
        }
        return end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CharKind KindAt(ReadOnlySpan<char> text, int i, out int length)
    {
        length = 1;
        char c = text[i];
        return char.IsAsciiLetterLower(c) ? CharKind.Letter : char.IsAscii(c) ? AsciiKind(c) : OtherKindAt(text[i..], out length);
    }

    private static CharKind AsciiKind(char c) =>
        char.IsAsciiLetter(c) ? CharKind.Letter : char.IsAsciiDigit(c) ? CharKind.Number : char.IsWhiteSpace(c) ? CharKind.Space : CharKind.Other;

    private CharKind OtherKindAt(ReadOnlySpan<char> text, out int length)
    {
        // A lone surrogate reads as U+FFFD, which is a symbol; so will it be encoded.
        _ = Rune.DecodeFromUtf16(text, out var rune, out length);
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => CharKind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharKind.Number,
            _ => Rune.IsWhiteSpace(rune) || (_ignoreCase && rune.Value == CombiningIota) ? CharKind.Space : CharKind.Other,
        };
    }
}
