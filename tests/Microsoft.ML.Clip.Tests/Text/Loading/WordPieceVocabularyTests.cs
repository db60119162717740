namespace Microsoft.ML.Clip.Tests;

/// <summary>BERT's vocab.txt where no tokenizer.json says how it is used.</summary>
public sealed class WordPieceVocabularyTests : IDisposable
{
    private const string Special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("a\nb\n##b\nä\n", "", "AB Äb x [MASK]", "2 5 7 5 7 1 4 3")] // capitals and accents go
    [InlineData("a\r\nb\r\n##b", "", "ab", "2 5 7 3")]
    [InlineData("A\na\n##B\n", """{ "do_lower_case": false }""", "AB ab", "2 5 7 1 3")]
    [InlineData("ä\n##b\n", """{ "do_lower_case": true, "strip_accents": false }""", "Äb", "2 5 6 3")]
    [InlineData("a\na\n", "", "a", "2 6 3")] // of equal ones the last counts
    public void Encode_IsBerts(string tokens, string configuration, string text, string ids)
    {
        Write(Special + tokens, configuration);

        var tokenizer = ClipTokenizer.Load(_directory, new() { ContextLength = 10 });

        Assert.Equal(ids, string.Join(' ', tokenizer.EncodeToIds(text)));
        Assert.Equal(0, tokenizer.PadId);
    }

    [Fact]
    public void Load_ALineThatIsMissing_IsNamed()
    {
        Write("[PAD]\n[UNK]\n[SEP]\na\n");

        Assert.Contains("no line '[CLS]'", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(_directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_CapitalsAndNothingThatSaysSo_IsRefused()
    {
        Write(Special + "a\nB\n");

        Assert.Contains("'do_lower_case'", Assert.Throws<NotSupportedException>(() => ClipTokenizer.Load(_directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_BesideATokenizerJson_IsNotRead()
    {
        Write("no vocabulary");
        TinyClip.WriteTo(_directory);

        Assert.True(ClipTokenizer.Load(_directory).IsClips);
    }

    [Fact]
    public void Load_WhatIsNoText_IsRefused()
    {
        File.WriteAllBytes(_directory.Combine("vocab.txt"), [0xFF, 0xFE, 0x00]);

        Assert.Contains("vocab.txt", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(_directory)).Message, StringComparison.Ordinal);
    }

    private void Write(string vocabulary, string configuration = "")
    {
        _directory.Write("vocab.txt", vocabulary);
        if (configuration.Length > 0)
        {
            _directory.Write("tokenizer_config.json", configuration);
        }
    }
}
