using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The tokenizer of <see cref="TinyTokenizerFiles"/>, and its files in every form.</summary>
internal static class TinyTokenizer
{
    public const int ContextLength = 12;

    public static ClipTokenizer Load(ClipTextCleaning cleaning = ClipTextCleaning.HuggingFace)
    {
        using var directory = new TemporaryDirectory();
        TinyTokenizerFiles.Write(directory, ContextLength);
        return ClipTokenizer.Load(directory, new() { Cleaning = cleaning });
    }

    /// <summary>Writes tokenizer.json alone, after a change to it.</summary>
    public static void WriteJson(TemporaryDirectory directory, Action<JsonObject>? change = null)
    {
        using var all = new TemporaryDirectory();
        TinyTokenizerFiles.Write(all, ContextLength);
        var json = JsonNode.Parse(File.ReadAllText(all.Combine("tokenizer.json")))!.AsObject();
        change?.Invoke(json);
        directory.Write("tokenizer.json", json.ToJsonString());
    }

    /// <summary>Writes vocab.json and merges.txt alone.</summary>
    public static void WritePair(TemporaryDirectory directory)
    {
        using var all = new TemporaryDirectory();
        TinyTokenizerFiles.Write(all, ContextLength);
        directory.Copy(all.Combine("vocab.json"), "vocab.json");
        directory.Copy(all.Combine("merges.txt"), "merges.txt");
    }

    /// <summary>OpenAI's file: the merges below a line that says what it is. The ids follow from their order.</summary>
    public static string OpenAIVocabulary()
    {
        using var all = new TemporaryDirectory();
        TinyTokenizerFiles.Write(all, ContextLength);
        return string.Join('\n', ["\"bpe_simple_vocab_16e6.txt#version: 0.2", .. File.ReadAllLines(all.Combine("merges.txt"))[1..]]) + "\n";
    }
}
