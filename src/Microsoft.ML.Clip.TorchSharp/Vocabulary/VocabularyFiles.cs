using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>The files of a vocabulary, in the form in which Hugging Face publishes OpenAI's CLIP models.</summary>
internal static class VocabularyFiles
{
    private const string Start = ClipTokens.StartOfText, End = ClipTokens.EndOfText;

    // Tokens stay readable; the files are data, not parts of a web page.
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n"
    };

    // One token a line would make thousands of lines of what nobody reads.
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<(string Name, byte[] Content)> Contents(ClipVocabulary vocabulary)
    {
        yield return (KnownFiles.Tokenizer, TokenizerJson(vocabulary));
        yield return (KnownFiles.Vocabulary, JsonSerializer.SerializeToUtf8Bytes(Ids(vocabulary), Compact));
        yield return (KnownFiles.Merges, Encoding.UTF8.GetBytes(string.Concat(vocabulary.Merges.Select(m => $"{m.Left} {m.Right}\n").Prepend("#version: 0.2\n"))));
        yield return (KnownFiles.TokenizerConfiguration, JsonSerializer.SerializeToUtf8Bytes(TokenizerConfig(vocabulary), Readable));
        yield return (KnownFiles.SpecialTokens, JsonSerializer.SerializeToUtf8Bytes(
            new { bos_token = Flags(Start, true), eos_token = Flags(End, false), pad_token = Flags(End, false), unk_token = Flags(End, false) }, Readable));
    }

    /// <summary>tokenizer.json, which is enough by itself. Everything but the vocabulary is as in OpenAI's models.</summary>
    public static byte[] TokenizerJson(ClipVocabulary vocabulary) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            version = "1.0",
            truncation = (object?)null,
            padding = (object?)null,
            added_tokens = new[]
            {
                Added(Start, vocabulary.StartOfTextId, normalized: true),
                Added(End, vocabulary.EndOfTextId, normalized: false),
            },
            normalizer = new
            {
                type = "Sequence",
                normalizers = new object[]
                {
                    new { type = "NFC" },
                    new { type = "Replace", pattern = new { Regex = CollapseWhiteSpace.Pattern }, content = " " },
                    new { type = "Lowercase" },
                },
            },
            pre_tokenizer = new
            {
                type = "Sequence",
                pretokenizers = new object[]
                {
                    new
                    {
                        type = "Split",
                        pattern = new { Regex = $"{Regex.Escape(Start)}|{Regex.Escape(End)}|{ClipPieceSplitter.Pattern}" },
                        behavior = "Removed",
                        invert = true,
                    },
                    new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true },
                },
            },
            post_processor = new
            {
                type = "RobertaProcessing",
                sep = new object[] { End, vocabulary.EndOfTextId },
                cls = new object[] { Start, vocabulary.StartOfTextId },
                trim_offsets = false,
                add_prefix_space = false,
            },
            decoder = new { type = "ByteLevel", add_prefix_space = true, trim_offsets = true, use_regex = true },
            model = new
            {
                type = "BPE",
                dropout = (object?)null,
                unk_token = End,
                continuing_subword_prefix = "",
                end_of_word_suffix = ClipTokens.EndOfWord,
                fuse_unk = false,
                byte_fallback = false,
                ignore_merges = false,
                vocab = Ids(vocabulary),
                merges = vocabulary.Merges.Select(m => $"{m.Left} {m.Right}"),
            },
        },
        Compact);

    private static object TokenizerConfig(ClipVocabulary vocabulary) => new
    {
        add_prefix_space = false,
        added_tokens_decoder = new OrderedDictionary<string, object>
        {
            [vocabulary.StartOfTextId.ToString(CultureInfo.InvariantCulture)] = Special(Start, normalized: true),
            [vocabulary.EndOfTextId.ToString(CultureInfo.InvariantCulture)] = Special(End, normalized: false),
        },
        bos_token = Start,
        clean_up_tokenization_spaces = false,
        do_lower_case = true,
        eos_token = End,
        errors = "replace",
        model_max_length = vocabulary.ContextLength,
        pad_token = End,
        processor_class = "CLIPProcessor",
        tokenizer_class = "CLIPTokenizer",
        unk_token = End,
    };

    // An ordered dictionary, so that equal vocabularies give equal bytes.
    private static OrderedDictionary<string, int> Ids(ClipVocabulary vocabulary)
    {
        var ids = new OrderedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string token in vocabulary.Tokens)
        {
            ids.Add(token, ids.Count);
        }
        return ids;
    }

    private static object Added(string content, int id, bool normalized) =>
        new { id, content, single_word = false, lstrip = false, rstrip = false, normalized, special = true };

    private static object Special(string content, bool normalized) =>
        new { content, lstrip = false, normalized, rstrip = false, single_word = false, special = true };

    private static object Flags(string content, bool normalized) => new { content, single_word = false, lstrip = false, normalized, rstrip = false };
}
