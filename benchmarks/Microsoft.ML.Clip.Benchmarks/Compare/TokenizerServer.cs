using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>
/// Times tokenizers of any kind, as <c>benchmarks/compare/tokenizers.py</c> asks for them on the standard input: a folder and a file of texts, a JSON array.
/// The answer is the seconds that they took on one thread, and the number of their tokens.
/// </summary>
internal static class TokenizerServer
{
    // So that no text of the fixtures is cut: theirs cuts none.
    private const int ContextLength = 512;

    public static void Run()
    {
        var tokenizers = new Dictionary<string, ClipTokenizer>();
        var texts = new Dictionary<string, string[]>();
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split('\t');
            if (!tokenizers.TryGetValue(words[0], out var tokenizer))
            {
                tokenizers.Add(words[0], tokenizer = ClipTokenizer.Load(words[0], new() { ContextLength = ContextLength }));
            }
            if (!texts.TryGetValue(words[1], out string[]? list))
            {
                texts.Add(words[1], list = JsonSerializer.Deserialize<string[]>(File.ReadAllText(words[1]))!);
            }
            int[] ids = new int[tokenizer.ContextLength];
            long tokens = 0;
            long start = Stopwatch.GetTimestamp();
            foreach (string text in list)
            {
                tokens += tokenizer.EncodeToContext(text, ids, out _);
            }
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {tokens}"));
        }
    }
}
