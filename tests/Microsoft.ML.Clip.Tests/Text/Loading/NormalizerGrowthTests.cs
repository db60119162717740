using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Normalizers of a tokenizer.json that make much of little: an error that names the file, and no memory.</summary>
public sealed class NormalizerGrowthTests : IDisposable
{
    private const string Caption = "a photo of a cat";

    // What the longest text that is let through takes, some times over; without a limit it was all memory.
    private const long MemoryLimit = 64 << 20;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Bombs => ["doubled 34 times", "long replacement", "long replacement of a pattern", "pattern that matches nothing everywhere", "two steps"];

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Bombs))]
    public void Encode_NormalizerThatMultiplies_IsRefusedAndNamed(string kind)
    {
        string million = new('a', 1 << 20);
        JsonNode[] steps = kind switch
        {
            "doubled 34 times" => [.. Enumerable.Range(0, 34).Select(_ => Replace("String", "a", "aa"))],
            "long replacement" => [Replace("String", " ", million)],
            "long replacement of a pattern" => [Replace("Regex", "[aeiou]", million)],
            "pattern that matches nothing everywhere" => [Replace("Regex", "x*", million)],
            _ => [Replace("Regex", ".", new string('a', 2000)), Replace("Regex", ".", new string('a', 2000))],
        };
        TinyTokenizer.WriteJson(_directory, json => json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(steps) });

        long before = GC.GetAllocatedBytesForCurrentThread();
        // An added token is normalised when the tokenizer is loaded, if it is long enough to show what the steps do.
        var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(_directory).EncodeToIds(Caption));

        // Callers look at the innermost exception, because ML.NET wraps: it has to be the one that says all of it.
        Assert.Null(error.InnerException);
        string message = error.Message;
        Assert.Contains("'tokenizer.json' in", message, StringComparison.Ordinal);
        Assert.Contains("characters of a text of", message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MemoryLimit);
    }

    [Fact]
    public void Encode_BombOfTheShared_IsRefusedAndNamed()
    {
        string directory = SharedFolder.Require("fixtures/attack/normalizer-bomb");

        string message = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(directory).EncodeToIds(Caption)).Message;

        Assert.Contains("'tokenizer.json' in", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TooManyNormalizers_IsRefused()
    {
        JsonNode[] steps = [.. Enumerable.Range(0, 101).Select(_ => Replace("String", "a", "a"))];
        TinyTokenizer.WriteJson(_directory, json => json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(steps) });

        Assert.Contains("more than 100 normalizers", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(_directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_NormalizerThatDoublesOnce_IsNoBomb()
    {
        TinyTokenizer.WriteJson(_directory, json => json["normalizer"] = Replace("String", "a", "aa"));

        Assert.NotEmpty(ClipTokenizer.Load(_directory).EncodeToIds(new string('a', 1_000_000)));
    }

    [Fact]
    public void Load_AddedTokenOfTheShared_IsRefused()
    {
        string settings = SharedFolder.Require("fixtures/attack/added-token-id/tokenizer_config.json");
        TinyTokenizer.WritePair(_directory);
        _directory.Copy(settings, "tokenizer_config.json");

        Assert.Contains("token ids from 0 to", Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(_directory)).Message, StringComparison.Ordinal);
    }

    private static JsonObject Replace(string kind, string pattern, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { [kind] = pattern }, ["content"] = content };
}
