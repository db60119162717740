using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A CLIP tokenizer with a vocabulary of a few hundred: every byte, every byte at a word's end, and a handful of merges.</summary>
internal static class TinyTokenizerFiles
{
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";

    // In the order of merges.txt: each line may use what the lines before it made.
    private static readonly string[] Merges =
        ["a t</w>", "c at</w>", "o g</w>", "d og</w>", "p h", "ph o", "t o</w>", "pho to</w>", "o f</w>", "e d</w>", "r ed</w>", "c a", "ca r</w>"];

    private static readonly string[] Pieces = [.. Bytes(), .. Bytes().Select(b => b + "</w>"),
        .. Merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal)), Start, End];

    public static int VocabularySize => Pieces.Length;

    public static int StartOfText => Pieces.Length - 2;

    public static int EndOfText => Pieces.Length - 1;

    /// <summary>GPT-2's printable stand-ins for the 256 bytes.</summary>
    public static IEnumerable<string> ByteSymbols => Bytes();

    /// <summary>Writes tokenizer.json, vocab.json, merges.txt and tokenizer_config.json.</summary>
    public static void Write(string directory, int contextLength)
    {
        Directory.CreateDirectory(directory);
        var vocabulary = Pieces.Select((piece, id) => (piece, id)).ToDictionary(p => p.piece, p => p.id);
        File.WriteAllText(Path.Combine(directory, "vocab.json"), JsonSerializer.Serialize(vocabulary));
        File.WriteAllText(Path.Combine(directory, "merges.txt"), "#version: 0.2\n" + string.Join('\n', Merges) + "\n");
        File.WriteAllText(Path.Combine(directory, "tokenizer_config.json"), JsonSerializer.Serialize(new
        {
            tokenizer_class = "CLIPTokenizer",
            bos_token = Start,
            eos_token = End,
            pad_token = End,
            unk_token = End,
            do_lower_case = true,
            model_max_length = contextLength,
        }));
        File.WriteAllText(Path.Combine(directory, "tokenizer.json"), JsonSerializer.Serialize(TokenizerJson(vocabulary)));
    }

    private static object TokenizerJson(Dictionary<string, int> vocabulary) => new
    {
        version = "1.0",
        added_tokens = new[] { AddedToken(Start, StartOfText, normalized: true), AddedToken(End, EndOfText, normalized: false) },
        normalizer = new
        {
            type = "Sequence",
            normalizers = new object[] { new { type = "NFC" }, new { type = "Replace", pattern = new { Regex = @"\s+" }, content = " " }, new { type = "Lowercase" } },
        },
        pre_tokenizer = new
        {
            type = "Sequence",
            pretokenizers = new object[]
            {
                new
                {
                    type = "Split",
                    pattern = new { Regex = @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+" },
                    behavior = "Removed",
                    invert = true,
                },
                new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true },
            },
        },
        post_processor = new
        {
            type = "RobertaProcessing",
            sep = new object[] { End, EndOfText },
            cls = new object[] { Start, StartOfText },
            trim_offsets = false,
            add_prefix_space = false
        },
        decoder = new { type = "ByteLevel", add_prefix_space = true, trim_offsets = true },
        model = new
        {
            type = "BPE",
            unk_token = End,
            continuing_subword_prefix = "",
            end_of_word_suffix = "</w>",
            fuse_unk = false,
            vocab = vocabulary,
            merges = Merges
        },
    };

    private static object AddedToken(string content, int id, bool normalized) =>
        new { id, content, single_word = false, lstrip = false, rstrip = false, normalized, special = true };

    /// <summary>GPT-2's printable stand-ins for the 256 bytes, in CLIP's order: the printable ones first, the others from U+0100 on.</summary>
    private static IEnumerable<string> Bytes()
    {
        static bool Printable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
        int others = 256 - Enumerable.Range(0, 256).Count(Printable);
        return Enumerable.Range(0, 256).Where(Printable).Concat(Enumerable.Range(0x100, others)).Select(c => ((char)c).ToString());
    }
}
