using System.Collections.Frozen;
using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>
/// The canonical normalisation data of the Unicode Character Database, read once from the embedded UnicodeNormalization.txt. We carry our own
/// because .NET's lies in ICU: absent under InvariantGlobalization, and of another Unicode version on every system. Ours is that of Unicode 9.0, as
/// in the crate that Hugging Face's tokenizers normalise with: it does not reorder combining marks that came later, and ids have to agree.
/// </summary>
internal static class CanonicalTables
{
    // No code point from here on changes under NFC or combines with another.
    private const int Limit = 0x2FA20;

    private static readonly FrozenDictionary<int, byte> Classes;
    private static readonly FrozenDictionary<int, (int First, int Second)> Decompositions;
    private static readonly FrozenDictionary<(int First, int Second), int> Compositions;
    private static readonly ulong[] Active = new ulong[Limit / 64 + 1];

    static CanonicalTables()
    {
        var classes = new Dictionary<int, byte>();
        var decompositions = new Dictionary<int, (int, int)>();
        var compositions = new Dictionary<(int, int), int>();
        foreach (string line in EmbeddedText.ReadLines("UnicodeNormalization.txt"))
        {
            string[] fields = line.Split(' ');
            if (fields.Length == 2)
            {
                int dash = fields[0].IndexOf('-', StringComparison.Ordinal);
                for (int c = Hex(fields[0][..dash]); c <= Hex(fields[0][(dash + 1)..]); c++)
                {
                    classes[c] = byte.Parse(fields[1], CultureInfo.InvariantCulture);
                }
            }
            else
            {
                var parts = (Hex(fields[2]), fields.Length > 3 ? Hex(fields[3]) : 0);
                decompositions[Hex(fields[0])] = parts;
                if (fields[1] == "=")
                {
                    compositions[parts] = Hex(fields[0]);
                }
            }
        }
        (Classes, Decompositions, Compositions) = (classes.ToFrozenDictionary(), decompositions.ToFrozenDictionary(), compositions.ToFrozenDictionary());
        MarkActive();
    }

    /// <summary>The canonical combining class: 0 for a starter.</summary>
    public static byte CombiningClass(int codePoint) => codePoint >= 0x300 && Classes.TryGetValue(codePoint, out byte value) ? value : (byte)0;

    /// <summary>One step of decomposition; the second part is 0 where there is one part only.</summary>
    public static bool TryDecompose(int codePoint, out (int First, int Second) parts) => Decompositions.TryGetValue(codePoint, out parts);

    /// <summary>The primary composite of two code points.</summary>
    public static bool TryCompose(int first, int second, out int composite) => Compositions.TryGetValue((first, second), out composite);

    /// <summary>
    /// Whether the code point can make a text differ from its NFC: it is reordered, it combines with what precedes it, or it never occurs in NFC.
    /// A text without any is in NFC (the quick check of UAX #15, section 9).
    /// </summary>
    public static bool IsActive(int codePoint) => codePoint < Limit && (Active[codePoint >> 6] >> codePoint & 1) != 0;

    private static void MarkActive()
    {
        var neverInNfc = Decompositions.Where(d => !Compositions.ContainsKey(d.Value)).Select(d => d.Key);
        var secondHalves = Compositions.Keys.Select(pair => pair.Second);
        foreach (int c in Classes.Keys.Concat(neverInNfc).Concat(secondHalves).Concat(HangulSyllable.Trailing))
        {
            Active[c >> 6] |= 1UL << c;
        }
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
