namespace Microsoft.ML.Clip;

/// <summary>Which of a model's files describe its tokenizer. Names are only ever taken from the model's own listing, never out of a file.</summary>
internal sealed class TokenizerFiles
{
    private static readonly string[] OpenAINames = [KnownFiles.OpenAIVocabulary, KnownFiles.OpenAIVocabularyUnpacked];

    // Where bundles keep their tokenizer: Hugging Face at the root, immich beside the text tower.
    private static readonly string[] Folders = ["", KnownFiles.TextFolder + "/"];

    private TokenizerFiles(ModelFiles files) => Files = files;

    public ModelFiles Files { get; }

    /// <summary>tokenizer.json; it is enough by itself, and decides where it is present.</summary>
    public string? TokenizerJson { get; private init; }

    /// <summary>vocab.json, always together with <see cref="Merges"/>.</summary>
    public string? Vocabulary { get; private init; }

    /// <summary>merges.txt.</summary>
    public string? Merges { get; private init; }

    /// <summary>bpe_simple_vocab_16e6.txt.gz.</summary>
    public string? OpenAIVocabulary { get; private init; }

    /// <summary>vocab.txt, of BERT's kind.</summary>
    public string? WordPieces { get; private init; }

    /// <summary>tokenizer_config.json beside the vocabulary; null if there is none.</summary>
    public string? TokenizerConfiguration => Settings.FirstOrDefault(n => Path.GetFileName(n) == KnownFiles.TokenizerConfiguration);

    /// <summary>The smaller files that are present, in the order in which they decide.</summary>
    public IReadOnlyList<string> Settings { get; private init; } = [];

    /// <exception cref="FileNotFoundException">The model has no tokenizer; the message says what was looked for.</exception>
    public static TokenizerFiles Find(ModelFiles files)
    {
        foreach (string folder in Folders)
        {
            string? Present(string name) => files.Contains(folder + name) ? folder + name : null;
            string? vocabulary = Present(KnownFiles.Vocabulary), merges = Present(KnownFiles.Merges);
            bool hasJson = Present(KnownFiles.Tokenizer) is not null, hasPair = vocabulary is not null && merges is not null;
            var found = new TokenizerFiles(files)
            {
                TokenizerJson = Present(KnownFiles.Tokenizer),
                Vocabulary = !hasJson && hasPair ? vocabulary : null,
                Merges = !hasJson && hasPair ? merges : null,
                OpenAIVocabulary = hasJson || hasPair ? null : OpenAINames.Select(Present).FirstOrDefault(n => n is not null),
                Settings = TokenizerSettings.FileNames(files, folder),
            };
            if (found.TokenizerJson is not null || found.Merges is not null || found.OpenAIVocabulary is not null)
            {
                return found;
            }
            if (vocabulary is not null || merges is not null)
            {
                throw new FileNotFoundException($"The CLIP tokenizer has '{vocabulary ?? merges}' but no " +
                    $"'{folder}{(merges is null ? KnownFiles.Merges : KnownFiles.Vocabulary)}' in {files.Location}; a byte-pair vocabulary needs both.");
            }
        }
        // Only where there is nothing that says more.
        if (Folders.FirstOrDefault(folder => files.Contains(folder + KnownFiles.WordPieces)) is { } home)
        {
            return new TokenizerFiles(files) { WordPieces = home + KnownFiles.WordPieces, Settings = TokenizerSettings.FileNames(files, home) };
        }
        throw new FileNotFoundException($"There is no CLIP tokenizer in {files.Location}: looked for {KnownFiles.Tokenizer}, for {KnownFiles.Vocabulary} with {KnownFiles.Merges}, " +
            $"for {KnownFiles.OpenAIVocabulary}, and for {KnownFiles.WordPieces}, at the root and in {KnownFiles.TextFolder}/.{Advice(files)}");
    }

    /// <summary>Where to look instead, if the folder is one of several variants below a tokenizer: onnx/s0.</summary>
    private static string Advice(ModelFiles files)
    {
        for (var directory = files.Root is { } root ? new DirectoryInfo(root) : null; directory?.Parent is { } parent; directory = parent)
        {
            if (directory.Name == KnownFiles.OnnxFolder && File.Exists(Path.Combine(parent.FullName, KnownFiles.Tokenizer)))
            {
                string variant = Path.GetRelativePath(directory.FullName, files.Root!);
                return $" There is one in '{parent.FullName}': load that directory" + (variant == "." ? "." : $", with the variant '{variant}'.");
            }
        }
        return "";
    }
}
