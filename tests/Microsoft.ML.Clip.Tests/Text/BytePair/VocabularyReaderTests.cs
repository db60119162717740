using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Vocabularies that are lists of merges.</summary>
public sealed class VocabularyReaderTests
{
    private const string Vocabulary = """{ "a": 0, "b": 1, "ab": 2, }""";

    [Theory]
    [InlineData("#version: 0.2\na b\nab a\n")]
    [InlineData("a b\nab a")]
    [InlineData("\uFEFF#version: 0.2\r\na b\r\n\r\nab a\r\n")]
    [InlineData("#version: 0.2\na  b \n ab a")]
    public void ReadPair_Merges_AreTheLines(string merges)
    {
        var read = VocabularyReader.ReadPair(Files(("vocab.json", Vocabulary), ("merges.txt", merges)), "vocab.json", "merges.txt", null);

        Assert.Equal([("a", "b"), ("ab", "a")], read.Merges);
        Assert.Equal(new Dictionary<string, int> { ["a"] = 0, ["b"] = 1, ["ab"] = 2 }, read.Vocabulary);
        Assert.Equal(("'merges.txt' in memory", "</w>", "<|endoftext|>", false), (read.Source, read.EndOfWordSuffix, read.UnknownToken, read.FuseUnknown));
    }

    [Fact]
    public void ReadPair_UnknownToken_IsTheSettings() =>
        Assert.Equal("?", VocabularyReader.ReadPair(Files(("vocab.json", Vocabulary), ("merges.txt", "")), "vocab.json", "merges.txt", "?").UnknownToken);

    [Theory]
    [InlineData("#version: 0.2\na b\na\n", "Line 3 of 'merges.txt' in memory is no merge: expected two tokens, found 'a'.")]
    [InlineData("a b c", "Line 1 of 'merges.txt' in memory is no merge: expected two tokens, found 'a b c'.")]
    [InlineData("a\u00a0b", "Line 1 of 'merges.txt' in memory is no merge: expected two tokens, found 'a\u00a0b'.")] // a damaged file, and not white space
    public void ReadPair_LineThatIsNoMerge_IsNamed(string merges, string expected) => Assert.Equal(expected, Assert.Throws<InvalidDataException>(() =>
        VocabularyReader.ReadPair(Files(("vocab.json", Vocabulary), ("merges.txt", merges)), "vocab.json", "merges.txt", null)).Message);

    [Fact]
    public void ReadOpenAI_Ids_FollowFromTheOrder()
    {
        var read = VocabularyReader.ReadOpenAI(Files(("v", "\"bpe_simple_vocab_16e6.txt#version: 0.2\na b\nb a</w>\n")), "v");

        Assert.Equal([("a", "b"), ("b", "a</w>")], read.Merges);
        Assert.Equal(516, read.Vocabulary.Count);
        Assert.Equal((0, 255, 256, 511), (read.Vocabulary["!"], read.Vocabulary["\u0143"], read.Vocabulary["!</w>"], read.Vocabulary["\u0143</w>"]));
        Assert.Equal((512, 513, 514, 515), (read.Vocabulary["ab"], read.Vocabulary["ba</w>"], read.Vocabulary["<|startoftext|>"], read.Vocabulary["<|endoftext|>"]));
        Assert.Null(read.UnknownToken);
    }

    [Fact]
    public void ReadOpenAI_FurtherMerges_AreNotTheModels()
    {
        const int Used = 49152 - 256 - 2;
        string lines = string.Join('\n', Enumerable.Range(0, Used + 3).Select(i => $"x{i} y"));

        var read = VocabularyReader.ReadOpenAI(Files(("v", "header\n" + lines)), "v");

        Assert.Equal(Used, read.Merges.Count);
        Assert.Equal(($"x{Used - 1}", "y"), read.Merges[^1]);
        Assert.Equal(49407, read.Vocabulary["<|endoftext|>"]);
    }

    [Fact]
    public void ReadOpenAI_DecompressionBomb_IsRefused()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] lines = [.. Enumerable.Repeat((byte)'\n', 1 << 20)];
            for (int i = 0; i < 65; i++)
            {
                gzip.Write(lines);
            }
        }
        var files = new MemoryModelFiles(new Dictionary<string, byte[]> { ["v"] = packed.ToArray() }, "memory");

        Assert.Contains("more than 64 MB", Assert.Throws<InvalidDataException>(() => VocabularyReader.ReadOpenAI(files, "v")).Message, StringComparison.Ordinal);
    }

    private static MemoryModelFiles Files(params (string Name, string Content)[] files) =>
        new(files.ToDictionary(f => f.Name, f => Encoding.UTF8.GetBytes(f.Content)), "memory");
}
