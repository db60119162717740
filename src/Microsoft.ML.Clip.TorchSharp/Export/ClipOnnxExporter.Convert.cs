namespace Microsoft.ML.Clip;

/// <content>From released weights to a model that loads.</content>
public static partial class ClipOnnxExporter
{
    /// <summary>
    /// Writes released weights as a directory that <see cref="ClipModel.Load(string, ClipModelOptions?)"/> reads: what Hugging Face publishes of a CLIP model, in one
    /// call. So does what <see cref="ClipContrastiveModel.SaveWeights"/> wrote.
    /// </summary>
    /// <remarks>
    /// The files of the tokenizer, of the image preprocessing, and config.json are copied as they are. Where there are none for the preprocessing, none are
    /// made up. Needs libtorch, as training does. Three times the size of the weights in memory.
    /// </remarks>
    /// <param name="safetensorsDirectory">
    /// A directory with <c>model.safetensors</c>, <c>model.safetensors.index.json</c> and the files that it lists, or
    /// <c>open_clip_model.safetensors</c>, in F32, F16, BF16 or F64; with the tokenizer's files and, of Hugging Face's, config.json.
    /// </param>
    /// <param name="output">Where the model goes; made if it does not exist. It may be the same directory. Files of the same names are replaced.</param>
    /// <param name="options">How weights are stored; float32 if <see langword="null"/>, whatever they were.</param>
    /// <exception cref="ArgumentException">The tokenizer does not fit the network, or an option is malformed.</exception>
    /// <exception cref="DirectoryNotFoundException"><paramref name="safetensorsDirectory"/> does not exist.</exception>
    /// <exception cref="FileNotFoundException">It holds no safetensors file or no tokenizer; the message says what it holds and what to do.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or the weights are not those of a CLIP model; the message names file and parameter.</exception>
    /// <exception cref="NotSupportedException">It is a model of another kind, as SigLIP; the message names it.</exception>
    /// <exception cref="InvalidOperationException">A tower exceeds the 2 GB that one ONNX file can hold.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Convert(string safetensorsDirectory, string output, ClipOnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(safetensorsDirectory);
        ArgumentException.ThrowIfNullOrEmpty(output);
        var files = new DirectoryModelFiles(safetensorsDirectory);
        CheckWeights(files);
        var architecture = ClipWeights.ReadArchitecture(files.Root);
        var source = files.Recording();
        var tokenizer = ClipTokenizer.Load(source, ClipTokenizerOptions.Default);
        // Where texts end is the tokenizer's to say: config.json of OpenAI's models has an old 2.
        architecture = architecture with { EndOfTextId = tokenizer.EndOfTextId };
        var weights = ClipWeights.Load(files.Root, architecture);
        try
        {
            Export(architecture, weights, tokenizer, output, options, scale =>
            {
                TokenizerCopy.Write(source, output);
                CopySettings(files, output);
                if (!KnownFiles.ModelConfigurations.Any(files.Contains))
                {
                    Write(Path.Combine(output, KnownFiles.Configuration), ModelConfiguration.Model(architecture, tokenizer, scale));
                }
            });
        }
        finally
        {
            foreach (var tensor in weights.Values)
            {
                tensor.Dispose();
            }
        }
    }

    private static void CheckWeights(DirectoryModelFiles files)
    {
        if (KnownFiles.SafetensorsWeights.Any(files.Contains))
        {
            return;
        }
        string? pickle = KnownFiles.PickledWeights.FirstOrDefault(files.Contains);
        throw new FileNotFoundException($"There are no weights in {files.Location}: looked for {string.Join(", ", KnownFiles.SafetensorsWeights)}." + (pickle is null ? ""
            : $" It holds '{pickle}', a Python pickle, which is not read as it may run code: save it as safetensors (model.save_pretrained(directory) in Python), or take the repository's revision that has {KnownFiles.Weights}."));
    }

    private static void CopySettings(DirectoryModelFiles files, string output)
    {
        if (files.Root == Path.GetFullPath(output))
        {
            return;
        }
        // Those of the tokenizer that this library does not need are there for other readers.
        string[] names = [.. KnownFiles.ModelConfigurations, KnownFiles.Preprocessor, KnownFiles.Processor, KnownFiles.OpenClipPreprocessor,
            KnownFiles.Tokenizer, KnownFiles.TokenizerConfiguration, KnownFiles.Vocabulary, KnownFiles.Merges, KnownFiles.SpecialTokens,
            KnownFiles.AddedTokens];
        foreach (string name in names.Where(files.Contains))
        {
            using var stream = files.OpenRead(name);
            WholeFile.Write(Path.Combine(output, name), stream.CopyTo);
        }
    }
}
