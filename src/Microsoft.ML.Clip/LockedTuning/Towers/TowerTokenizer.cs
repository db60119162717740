using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip;

/// <summary>Copies the tokenizer of a text encoder into a model, with what it leaves unsaid.</summary>
internal static class TowerTokenizer
{
    private static readonly string[] Files =
    [
        KnownFiles.Tokenizer, KnownFiles.Vocabulary, KnownFiles.Merges, KnownFiles.OpenAIVocabulary, KnownFiles.OpenAIVocabularyUnpacked, KnownFiles.WordPieces,
        KnownFiles.TokenizerConfiguration, KnownFiles.SpecialTokens, KnownFiles.AddedTokens,
    ];

    /// <param name="path">A file or a folder.</param>
    /// <param name="to">Where the model is made.</param>
    /// <param name="contextLength">How many ids a text becomes, if somebody chose.</param>
    /// <param name="lowerCase">Whether texts are made lower case, if somebody chose.</param>
    /// <exception cref="FileNotFoundException">There is no tokenizer.</exception>
    public static void Copy(string path, StagedFiles to, int? contextLength, bool? lowerCase)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path, nameof(ClipTextTower.Tokenizer));
        var sources = Sources(Path.GetFullPath(path)).ToDictionary(s => s.Name, s => s.Path, StringComparer.Ordinal);
        var settings = sources.Remove(KnownFiles.TokenizerConfiguration, out string? found) ? Parse(found) : new JsonObject();
        bool isWordPiece = sources.ContainsKey(KnownFiles.WordPieces) && !sources.Keys.Any(n => n is KnownFiles.Tokenizer or KnownFiles.Vocabulary);
        if (isWordPiece)
        {
            settings["tokenizer_class"] ??= "BertTokenizer";
        }
        settings["model_max_length"] = contextLength ?? (settings["model_max_length"] is JsonValue value ? value.DeepClone() : null);
        if (settings["model_max_length"] is null)
        {
            settings.Remove("model_max_length");
        }
        if (lowerCase is { } lower)
        {
            settings["do_lower_case"] = lower;
        }
        foreach (var (name, source) in sources)
        {
            to.Write(name, RegularFile.ReadAllBytes(source));
        }
        to.Write(KnownFiles.TokenizerConfiguration, JsonSerializer.SerializeToUtf8Bytes(settings, BundleSettings.Readable));
        if (isWordPiece)
        {
            // transformers.js reads no vocab.txt.
            to.Write(KnownFiles.Tokenizer, WordPieceVocabulary.ToTokenizerJson(new DirectoryModelFiles(to.Folder), KnownFiles.WordPieces,
                KnownFiles.TokenizerConfiguration));
        }
    }

    private static IEnumerable<(string Name, string Path)> Sources(string path)
    {
        if (Directory.Exists(path))
        {
            var there = Files.Select(name => (Name: name, Path: Path.Combine(path, name))).Where(f => File.Exists(f.Path)).ToList();
            return there.Exists(f => f.Name is not (KnownFiles.TokenizerConfiguration or KnownFiles.SpecialTokens or KnownFiles.AddedTokens)) ? there
                : throw new FileNotFoundException($"There is no tokenizer in '{path}': looked for {KnownFiles.Tokenizer}, for {KnownFiles.WordPieces}, and for {KnownFiles.Vocabulary} with {KnownFiles.Merges}.", path);
        }
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no tokenizer '{path}'; expected a {KnownFiles.Tokenizer}, a {KnownFiles.WordPieces}, or a folder with one.", path);
        }
        return [(path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? KnownFiles.Tokenizer : KnownFiles.WordPieces, path)];
    }

    private static JsonObject Parse(string path)
    {
        // Checked as every other JSON file of a model is.
        byte[] bytes = RegularFile.ReadAllBytes(path);
        JsonFile.Parse(bytes, $"'{path}'");
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        return JsonNode.Parse(bytes, documentOptions: options) as JsonObject ?? throw new InvalidDataException($"'{path}' holds no JSON object.");
    }
}
