using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// What the tokens of a vocabulary with marked spaces read as: the mark is a space, at the start of a text nothing, and <c>&lt;0xE4&gt;</c> may be a byte.
/// It is the <c>decoder</c> of a tokenizer.json.
/// </summary>
internal sealed record PieceText
{
    /// <summary>What stands for a space; null if nothing does.</summary>
    public char? Space { get; init; }

    /// <summary>Whether the first token's mark is what the pre-tokenizer put before the text.</summary>
    public bool IsPrefixed { get; init; }

    /// <summary>Whether tokens such as <c>&lt;0xE4&gt;</c> read as bytes.</summary>
    public bool HasBytes { get; init; }

    /// <summary>Why tokens of this kind cannot be turned back into text; null if they can.</summary>
    public string? Refusal { get; init; }

    /// <summary>The name of the token that stands for a byte.</summary>
    public static string ByteToken(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>The contract of <see cref="ITokenModel.Decode"/>.</summary>
    /// <exception cref="NotSupportedException">The file's decoder is not known.</exception>
    public void Append(string token, ref bool joins, ref ValueList<byte> utf8)
    {
        if (Refusal is not null)
        {
            throw new NotSupportedException(Refusal);
        }
        bool isFirst = joins;
        joins = false;
        if (HasBytes && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
        {
            utf8.Add(value);
            return;
        }
        string text = Space is not { } mark ? token : token.Replace(mark.ToString(), isFirst && IsPrefixed ? "" : " ", StringComparison.Ordinal);
        Encoding.UTF8.GetBytes(text, utf8.Append(Encoding.UTF8.GetByteCount(text)));
    }
}
