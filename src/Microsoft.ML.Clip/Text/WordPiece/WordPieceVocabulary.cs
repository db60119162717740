using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes of BERT's vocab.txt, which older models ship alone, the tokenizer.json that Hugging Face's <c>BertTokenizerFast</c> makes of it: a token a line, whose
/// number is the id.
/// </summary>
internal static class WordPieceVocabulary
{
    private const string Unknown = "[UNK]", Start = "[CLS]", End = "[SEP]";

    // Tokens that stand in a text as they are, where the vocabulary has them.
    private static readonly string[] SpecialTokens = ["[PAD]", Unknown, Start, End, "[MASK]"];

    /// <param name="files">The model's files.</param>
    /// <param name="name">The vocabulary.</param>
    /// <param name="settings">tokenizer_config.json beside it, which says what is done to a text; null where there is none.</param>
    /// <exception cref="InvalidDataException">It is no such vocabulary; the message names it and the line.</exception>
    /// <exception cref="NotSupportedException">Nothing says whether texts are made lower case, and the vocabulary has capitals.</exception>
    public static JsonField Read(ModelFiles files, string name, string? settings) =>
        JsonFile.Parse(ToTokenizerJson(files, name, settings), files.Describe(name));

    /// <summary>The same as a file.</summary>
    /// <inheritdoc cref="Read"/>
    public static byte[] ToTokenizerJson(ModelFiles files, string name, string? settings)
    {
        string source = files.Describe(name);
        var vocabulary = new JsonObject();
        string[] lines = VocabularyReader.ReadLines(files.OpenRead(name), source);
        lines = lines is [.. var all, ""] ? all : lines;
        if (lines.Length > ClipTokenizer.MaximumVocabularySize)
        {
            throw new InvalidDataException($"{source} has {lines.Length} lines; no vocabulary has more than {ClipTokenizer.MaximumVocabularySize} tokens.");
        }
        for (int id = 0; id < lines.Length; id++)
        {
            // Of equal ones the last counts, as in the reference.
            vocabulary[lines[id]] = id;
        }
        if (SpecialTokens.Skip(1).Take(3).FirstOrDefault(t => !vocabulary.ContainsKey(t)) is { } missing)
        {
            throw new InvalidDataException($"{source} has no line '{missing}', which every vocabulary of BERT's has.");
        }
        var config = settings is null ? JsonField.Missing : JsonFile.Open(files, settings);
        if (!config["do_lower_case"].Exists && lines.Any(l => !l.StartsWith('[') && l.Any(char.IsAsciiLetterUpper)))
        {
            throw new NotSupportedException($"{source} has capitals, and no {KnownFiles.TokenizerConfiguration} beside it says with 'do_lower_case' whether texts keep theirs.");
        }
        var tokenizer = new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. SpecialTokens.Where(vocabulary.ContainsKey).Select(t =>
                new JsonObject
                {
                    ["id"] = (int)vocabulary[t]!,
                    ["content"] = t,
                    ["single_word"] = false,
                    ["lstrip"] = false,
                    ["rstrip"] = false,
                    ["normalized"] = false,
                    ["special"] = true,
                })]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = config["tokenize_chinese_chars"].Flag(true),
                ["strip_accents"] = config["strip_accents"].Exists ? config["strip_accents"].Flag(true) : null,
                ["lowercase"] = config["do_lower_case"].Flag(true),
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "BertProcessing",
                ["sep"] = new JsonArray(End, (int)vocabulary[End]!),
                ["cls"] = new JsonArray(Start, (int)vocabulary[Start]!),
            },
            ["decoder"] = new JsonObject { ["type"] = WordPieceReader.Type, ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject { ["type"] = WordPieceReader.Type, ["unk_token"] = Unknown, ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary },
        };
        return JsonSerializer.SerializeToUtf8Bytes(tokenizer);
    }
}
