namespace Microsoft.ML.Clip.Tests;

public sealed class NormalizerReaderTests
{
    [Theory]
    [InlineData("null", " A\u0301b ", " A\u0301b ")]
    [InlineData("""{ "type": "NFC" }""", "A\u0301", "\u00c1")]
    [InlineData("""{ "type": "Lowercase" }""", "AB", "ab")]
    [InlineData("""{ "type": "Strip", "strip_left": true, "strip_right": true }""", " a ", "a")]
    [InlineData("""{ "type": "Strip", "strip_left": true }""", " a ", "a ")]
    [InlineData("""{ "type": "Strip", "strip_right": true }""", " a ", " a")]
    [InlineData("""{ "type": "Replace", "pattern": { "String": "." }, "content": "-" }""", "a.b", "a-b")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": "." }, "content": "-" }""", "a.b", "---")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": "\\s+" }, "content": "_" }""", "a \t b", "a_b")]
    [InlineData("""{ "type": "Replace", "pattern": { "String": "\\s+" }, "content": "_" }""", "a \\s+ b", "a _ b")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": "_" }""", "  a b   c  ", "_a b_c_")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": "[.\\-\\]]" }, "content": "" }""", "a.b-c]d\\", "abcd\\")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": "[+-.]" }, "content": "" }""", "a+b,c-d.e", "abcde")]
    [InlineData("""{ "type": "Replace", "pattern": { "Regex": "[^.]" }, "content": "" }""", "a.b", ".")]
    [InlineData("""{ "type": "Prepend", "prepend": "_" }""", "a", "_a")]
    [InlineData("""{ "type": "Prepend", "prepend": "_" }""", "", "")]
    [InlineData("""{ "type": "BertNormalizer", "strip_accents": null }""", "\u00c9a\u4e2d\tb\u0000\u200d\uE123", "ea \u4e2d  b")]
    [InlineData("""{ "type": "BertNormalizer", "strip_accents": false }""", "\u00c9", "\u00e9")]
    [InlineData("""{ "type": "BertNormalizer", "lowercase": false }""", "\u00c9A", "\u00c9A")]
    [InlineData("""{ "type": "BertNormalizer", "lowercase": false, "strip_accents": true, "clean_text": false, "handle_chinese_chars": false }""", "\u00c9\t\u4e2d", "E\t\u4e2d")]
    [InlineData("""{ "type": "Sequence", "normalizers": [] }""", "A", "A")]
    [InlineData("""{ "type": "Sequence", "normalizers": [{ "type": "Lowercase" }, { "type": "Sequence", "normalizers": [{ "type": "Replace", "pattern": { "String": "a" }, "content": "X" }] }] }""", "A", "X")]
    public void Read_Steps_AreTakenInTheirOrder(string normalizer, string text, string expected) => Assert.Equal(expected, Read(normalizer).Normalize(text));

    [Theory]
    [InlineData("NFD", "\u00e9\ufb01", "e\u0301\ufb01")]
    [InlineData("NFKC", "e\u0301\ufb01", "\u00e9fi")]
    [InlineData("NFKD", "\u00e9\ufb01", "e\u0301fi")]
    public void Read_FormsOfTheSystem_AreItsOwn(string type, string text, string expected)
    {
        Assert.SkipUnless(SystemNormalization.IsAvailable, "needs ICU");
        Assert.Equal(expected, Read($$"""{ "type": "{{type}}" }""").Normalize(text));
    }

    [Theory]
    [InlineData("""{ }""", "property 'normalizer.type' must be a text, but is missing")]
    [InlineData("\"NFC\"", "property 'normalizer' must be an object, but is \"NFC\"")]
    [InlineData("""{ "type": "Sequence" }""", "property 'normalizer.normalizers' must be an array, but is missing")]
    [InlineData("""{ "type": "Sequence", "normalizers": [{ "type": "NFC" }, { "type": 1 }] }""", "property 'normalizer.normalizers[1].type' must be a text, but is 1")]
    [InlineData("""{ "type": "Replace", "pattern": { "String": "a" } }""", "property 'normalizer.content' must be a text, but is missing")]
    [InlineData("""{ "type": "Replace", "content": "" }""", "property 'normalizer.pattern' must be an object with a 'Regex' or a 'String' that is not empty, but is missing")]
    [InlineData("""{ "type": "Replace", "content": "", "pattern": { "String": "" } }""", "property 'normalizer.pattern' must be an object with a 'Regex' or a 'String' that is not empty")]
    [InlineData("""{ "type": "Replace", "content": "", "pattern": { "Regex": "(" } }""", "property 'normalizer.pattern' must be a regular expression that .NET knows")]
    [InlineData("""{ "type": "Prepend" }""", "property 'normalizer.prepend' must be a text, but is missing")]
    [InlineData("""{ "type": "BertNormalizer", "clean_text": 1 }""", "property 'normalizer.clean_text' must be true or false, but is 1")]
    [InlineData("""{ "type": "Precompiled" }""", "property 'normalizer.precompiled_charsmap' must be a text, but is missing")]
    [InlineData("""{ "type": "Precompiled", "precompiled_charsmap": "?" }""", "property 'normalizer.precompiled_charsmap' must be bytes in base64, but is \"?\"")]
    [InlineData("""{ "type": "Precompiled", "precompiled_charsmap": "" }""", "property 'normalizer.precompiled_charsmap' must be a table with a trie within it, but is \"\"")]
    [InlineData("""{ "type": "Precompiled", "precompiled_charsmap": "/////wAA" }""", "property 'normalizer.precompiled_charsmap' must be a table with a trie within it")]
    [InlineData("""{ "type": "Strip", "strip_left": 1 }""", "property 'normalizer.strip_left' must be true or false")]
    public void Read_Nonsense_NamesTheProperty(string normalizer, string expected) =>
        Assert.StartsWith("The file: " + expected, Assert.Throws<InvalidDataException>(() => Read(normalizer)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_AnotherKind_IsRefused() => Assert.Contains("The file uses the normalizer 'Unheard'",
        Assert.Throws<NotSupportedException>(() => Read("""{ "type": "Sequence", "normalizers": [{ "type": "Unheard" }] }""")).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_APatternOfBothKinds_IsTheRegularExpression()
    {
        Assert.Equal(("a", true), PatternReader.Read(JsonFields.Parse("""{ "pattern": { "String": "b", "Regex": "a" } }""")["pattern"]));
        Assert.Equal(("b", false), PatternReader.Read(JsonFields.Parse("""{ "pattern": { "String": "b" } }""")["pattern"]));
    }

    private static ClipNormalizer Read(string normalizer) => NormalizerReader.Read(JsonFields.Parse($$"""{ "normalizer": {{normalizer}} }"""));
}
