using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What counts as JSON.</summary>
public sealed class JsonFileTests
{
    [Theory]
    [InlineData("""{ "a": 1 }""")]
    [InlineData("""{ "a": 1, }""")]
    [InlineData("// a line\n{ /* a part */ \"a\": 1 } // the end")]
    [InlineData("\uFEFF{ \"a\": 1 }")]
    [InlineData("""{ "a": 2, "a": 1 }""")]
    public void Parse_WhatPeopleWrite_IsRead(string json) => Assert.Equal(1, Parse(json)["a"].Integer(0, 9));

    [Theory]
    [InlineData("", "is not valid JSON: ")]
    [InlineData("{", "is not valid JSON: ")]
    [InlineData("{ 'a': 1 }", "is not valid JSON: ")]
    [InlineData("{ \"a\": NaN }", "is not valid JSON: ")]
    [InlineData("{} {}", "is not valid JSON: ")]
    [InlineData("\uFEFF\uFEFF{}", "is not valid JSON: ")]
    [InlineData("[1, 2]", " must hold an object, but holds [1, 2].")]
    [InlineData("null", " must hold an object, but holds null.")]
    [InlineData("\"{}\"", " must hold an object, but holds \"{}\".")]
    public void Parse_AnythingElse_NamesTheFile(string json, string expected) =>
        Assert.StartsWith("The file" + (expected[0] == ' ' ? expected : " " + expected), Fails(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Fact]
    public void Parse_BytesThatAreNotUtf8_AreNotReplaced()
    {
        Assert.Equal("The file is not valid JSON: it is not UTF-8 text.", Fails([.. "{ \"a\": \""u8, 0xE9, .. "\" }"u8]));
        Assert.Equal("The file is not valid JSON: it is not UTF-8 text.", Fails(Encoding.Unicode.GetBytes("\uFEFF{ \"a\": 1 }")));
    }

    [Fact]
    public void Parse_Depth_IsLimited()
    {
        static string Nested(int levels) => "{ \"a\": " + new string('[', levels) + new string(']', levels) + " }";

        Assert.True(Parse(Nested(JsonFile.MaximumDepth - 1))["a"].IsArray);
        Assert.Contains("depth", Fails(Encoding.UTF8.GetBytes(Nested(JsonFile.MaximumDepth))), StringComparison.Ordinal);
        Assert.Contains("depth", Fails(Encoding.UTF8.GetBytes(Nested(100_000))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json", "[],", 1_000_000)]
    [InlineData("text/tokenizer_config.json", "\"b\":0,", 500_000)]
    [InlineData("onnx/tokenizer.json", "1,", 4_000_000)]
    [InlineData("vocab.json", "\"b\":0,", 2_000_000)]
    public void Open_SmallInTheFileAndLargeInMemory_IsRefused(string name, string part, int count)
    {
        bool isObject = part[0] == '"';
        byte[] json = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, count)));
        json = [.. isObject ? "{ \"a\": {"u8 : "{ \"a\": ["u8, .. json.AsSpan(0, json.Length - 1), .. isObject ? "} }"u8 : "] }"u8];
        var files = new MemoryModelFiles(new Dictionary<string, byte[]> { [name] = json }, "a test");

        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Record.Exception(() => JsonFile.Open(files, name));

        Assert.Contains($"'{name}' in a test cannot be read: it holds some ", Assert.IsType<InvalidDataException>(error).Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < json.Length + 1_000_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_FileLargerThanAny_IsRefusedUnread(bool isOfAModel)
    {
        using var directory = new TemporaryDirectory();
        using (var file = File.Create(directory.Combine("config.json")))
        {
            file.SetLength(200 << 20);
        }
        var files = new DirectoryModelFiles(directory);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() =>
            isOfAModel ? JsonFile.Open(files, "config.json") : JsonFile.OpenPath(directory.Combine("config.json"), "The file"));

        Assert.Contains("it has 209,715,200 bytes; 134,217,728 are the most", error.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Theory]
    [InlineData("""{ "a": "\ud83d\ude00" }""", null)]
    [InlineData("""{ "a": "\ud83d" }""", """property 'a' must be Unicode text, without half a surrogate pair, but is "\ud83d".""")]
    [InlineData("""{ "a": { "b": ["x", "\uDE00\uD83D"] } }""", """property 'a.b[1]' must be Unicode text""")]
    [InlineData("""{ "\uD83D": 1 }""", """names in it must be Unicode text, without half a surrogate pair, but one is "\uD83D".""")]
    [InlineData("""{ "vocab": { "x": 0, "\udE00": 1 } }""", """names in 'vocab' must be Unicode text, without half a surrogate pair, but one is "\udE00".""")]
    [InlineData("""{ "a": [{ "vocab": { "\ud800\ud800": "" } }] }""", "names in 'a[0].vocab' must be Unicode text")]
    public void Parse_HalfASurrogatePair_NamesItsPlace(string json, string? expected)
    {
        if (expected is null)
        {
            Assert.Equal("\U0001F600", Parse(json)["a"].Text());
            return;
        }
        Assert.StartsWith("The file: " + expected, Fails(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileOfAModel_IsNamedWithItsPlace()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("sub/config.json", """{ "a": [] }""");
        var files = new DirectoryModelFiles(directory);

        var error = Assert.Throws<InvalidDataException>(() => JsonFile.Open(files, "sub/config.json")["a"]["b"]);

        Assert.Equal($"'sub/config.json' in '{directory.FullName}': property 'a' must be an object, but is [].", error.Message);
        Assert.Throws<FileNotFoundException>(() => JsonFile.Open(files, "config.json"));
    }

    private static JsonField Parse(string json) => JsonFile.Parse(Encoding.UTF8.GetBytes(json), "The file");

    private static string Fails(byte[] json) => Assert.Throws<InvalidDataException>(() => JsonFile.Parse(json, "The file")).Message;
}
