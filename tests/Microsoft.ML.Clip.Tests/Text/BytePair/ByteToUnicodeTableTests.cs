using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The printable stand-ins for bytes, and the way back from them.</summary>
public sealed class ByteToUnicodeTableTests
{
    [Theory]
    [InlineData('!', '!'), InlineData('~', '~'), InlineData(0xA1, '\u00a1'), InlineData(0xAC, '\u00ac'), InlineData(0xAE, '\u00ae'), InlineData(0xFF, '\u00ff')]
    [InlineData(0, '\u0100'), InlineData(' ', '\u0120'), InlineData(0x7F, '\u0121'), InlineData(0xA0, '\u0142'), InlineData(0xAD, '\u0143')]
    public void ToChar_IsOpenAIs(int value, char expected) => Assert.Equal(expected, ByteToUnicodeTable.ToChar((byte)value));

    [Fact]
    public void TryGetByte_EveryStandIn_ComesBackAndNothingElseDoes()
    {
        var standIns = Enumerable.Range(0, 256).ToDictionary(b => ByteToUnicodeTable.ToChar((byte)b), b => (byte)b);
        Assert.Equal(256, standIns.Count);
        for (int c = 0; c <= char.MaxValue; c++)
        {
            Assert.Equal(standIns.TryGetValue((char)c, out byte expected), ByteToUnicodeTable.TryGetByte((char)c, out byte value));
            Assert.True(!standIns.ContainsKey((char)c) || value == expected);
        }
    }

    [Fact]
    public void InVocabularyOrder_PrintableBytesComeFirst()
    {
        var order = ByteToUnicodeTable.InVocabularyOrder;

        Assert.Equal(256, order.Distinct().Count());
        Assert.Equal(order.Order(), order);
        Assert.Equal(('!', '\u00ff', '\u0100', '\u0143'), (order[0], order[187], order[188], order[255]));
    }

    [Theory]
    [InlineData("cat</w>", "</w>", 3, true)]
    [InlineData("cat", "</w>", 3, false)]
    [InlineData("</w>", "</w>", 4, false)] // the suffix alone is a text
    [InlineData("cat</w>", "", 7, false)]
    public void TokenBytes_EndOfAWord_IsNoPartOfIt(string token, string suffix, int count, bool endsWord)
    {
        Assert.Equal(count, TokenBytes.Count(token, suffix));
        Assert.Equal(endsWord, TokenBytes.EndsWord(token, suffix));
    }

    [Theory]
    [InlineData("\u0120a</w>", " a")]
    [InlineData("\u00c3\u00a9", "\u00e9")]
    [InlineData("</w>", "</w>")]
    [InlineData("a\u65e5</w>", "a\u65e5</w>")] // an added token stands for its own text
    [InlineData("a b", "a b")]
    public void TokenBytes_Append_IsWhatATokenStandsFor(string token, string expected)
    {
        var bytes = new ValueList<byte>([]);
        bytes.Add((byte)'|');
        TokenBytes.Append(token, "</w>", ref bytes);

        Assert.Equal("|" + expected, Encoding.UTF8.GetString(bytes.AsSpan()));
        bytes.Dispose();
    }
}
