namespace Microsoft.ML.Clip.Tests;

public sealed class PrintedTextTests
{
    [Theory]
    [InlineData("cat.png", "cat.png")]
    [InlineData("Köln/猫 \U0001F408.png", "Köln/猫 \U0001F408.png")]
    [InlineData("\u001b[2J.png", @"\u001b[2J.png")]
    [InlineData("a\tb\nc", @"a\u0009b\u000ac")]
    [InlineData("\u202Egnp.exe", @"\u202egnp.exe")]
    [InlineData("a\u2028b\u0085c", @"a\u2028b\u0085c")]
    public void Safe_OfANameWithControls_ShowsThem(string text, string expected) => Assert.Equal(expected, PrintedText.Safe(text));

    [Theory]
    [InlineData("/data/job-1/plan.json", "/data/job-1/plan.json")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's $(x)", "'it'\\''s $(x)'")]
    [InlineData("", "''")]
    public void Shell_OfAWord_IsThatWordToAShell(string word, string expected) => Assert.Equal(expected, PrintedText.Shell(word));

    [Fact]
    public void OneLine_OfLines_JoinsThem() => Assert.Equal("one two", PrintedText.OneLine("one\r\n  two\n"));

    [Theory]
    [InlineData(977, "977 bytes")]
    [InlineData(29_400, "29 kB")]
    [InlineData(5_300_000, "5.3 MB")]
    [InlineData(1_234_000_000, "1.2 GB")]
    public void Size_OfBytes_IsShort(long bytes, string expected) => Assert.Equal(expected, PrintedText.Size(bytes));
}
