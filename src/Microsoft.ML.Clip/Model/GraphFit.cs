namespace Microsoft.ML.Clip;

/// <summary>
/// Holds what the files of a model say of lengths and sizes against what its graph can take, where the graph leaves an axis open: otherwise the first text
/// or image would fail within ONNX Runtime, with two numbers and no file.
/// </summary>
internal static class GraphFit
{
    // Beyond this tokenizer_config.json means "no limit".
    private const int LargestContextLength = 1 << 20;

    private static readonly string[] Positions = ["position_embedding", "positional_embedding"], Patches = ["patch_embedding", "conv1"];

    /// <param name="files">The model's files.</param>
    /// <param name="graph">The graph of the text tower.</param>
    /// <param name="options">What the caller says.</param>
    /// <param name="rule">What the model's family says.</param>
    /// <param name="takesLast">Whether the tower takes the last place, and so has learned no other length.</param>
    /// <param name="warn">Told of texts that are cut although the graph has room for them.</param>
    /// <returns>How many ids texts become, if tokenizer.json does not say less.</returns>
    /// <exception cref="InvalidDataException">Texts become more ids than the graph has places for.</exception>
    public static int CheckContextLength(ModelFiles files, OnnxGraph graph, ClipTokenizerOptions options, TextRule rule, bool takesLast, Action<string> warn)
    {
        string folder = files.Names.Any(n => n.StartsWith(KnownFiles.TextFolder + "/", StringComparison.Ordinal)) ? KnownFiles.TextFolder + "/" : "";
        var names = TokenizerSettings.FileNames(files, folder);
        var settings = TokenizerSettings.Read(files, names);
        // Byte pairs that a family takes from a language model bring that model's limit along, which is none of its own.
        int? fromTokenizer = settings.ModelMaxLength is { } length && length <= (rule.ForBytePairs?.ContextLength ?? LargestContextLength) ? length : null;
        int wanted = options.ContextLength ?? rule.ContextLength ?? fromTokenizer ?? settings.Positions ?? rule.DefaultContextLength;
        var table = Table(graph, n => !IsOfImages(n));
        if ((table?.Rows ?? settings.Positions) is { } places && wanted > places)
        {
            string what = table is { } t ? $"the table '{t.Name}' of {graph.Description}" : $"the text encoder of {graph.Description}, by {Describe(files, names, isTokenizer: false)},";
            throw new InvalidDataException($"Texts would become {wanted} token ids, by {Who()}, but {what} has {places} places. Correct the file, or set {nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.ContextLength)}.");
        }
        // The towers of language models have more places than anybody gives them; CLIP's own have just those that they were trained with.
        bool isClips = ReferenceEquals(rule, TextRule.Clip) && fromTokenizer is not null;
        if ((isClips || takesLast) && options.ContextLength is null && wanted < (table?.Rows ?? settings.Positions))
        {
            warn(TooShort(graph, wanted, Who(), takesLast, $" has {table?.Rows ?? settings.Positions} places"));
        }
        return wanted;

        string Who() => options.ContextLength is not null ? $"{nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.ContextLength)}"
            : rule.ContextLength is not null ? "its kind of model"
            : fromTokenizer is not null ? $"'model_max_length' in {Describe(files, names, isTokenizer: true)}"
            : settings.Positions is not null ? $"the context length in {Describe(files, names, isTokenizer: false)}"
            : "the default, as no file tells";
    }

    /// <summary>What is to be said of texts that become fewer ids than the tower has learned.</summary>
    /// <param name="graph">The graph of the text tower.</param>
    /// <param name="length">How many ids texts become.</param>
    /// <param name="who">What says so.</param>
    /// <param name="takesLast">Whether the tower takes the last place, so that all texts are concerned and not only long ones.</param>
    /// <param name="but">What the text encoder has instead, behind its name.</param>
    public static string TooShort(OnnxGraph graph, int length, string who, bool takesLast, string but) =>
        $"Texts are {(takesLast ? "cut and filled" : "cut")} at {length} token ids, by {who}, but the text encoder of {graph.Description}{but}"
        + (takesLast ? ", of which it takes the last: every text's embedding depends on it. " : ". ")
        + $"Correct the file, or set {nameof(ClipTokenizerOptions)}.{nameof(ClipTokenizerOptions.ContextLength)} to either.";

    /// <exception cref="InvalidDataException">Images have another size than the graph, or else config.json, says.</exception>
    public static void CheckImageSize(ModelFiles files, OnnxGraph graph, int height, int width)
    {
        string found = $"The preprocessing configuration in {files.Location} makes images of {height} x {width} pixels, but";
        var patch = graph.Initializers.Values.FirstOrDefault(t =>
            Patches.Any(p => t.Name.Contains(p, StringComparison.Ordinal)) && t.Dimensions is [_, 3, > 0, > 0]);
        if (patch is not null && Table(graph, n => !n.Contains("text", StringComparison.Ordinal)) is { } table)
        {
            long tokens = height / patch.Dimensions[2] * (width / patch.Dimensions[3]);
            if (table.Rows != tokens + 1 && table.Rows != tokens)
            {
                throw new InvalidDataException($"{found} the table '{table.Name}' of {graph.Description} has {table.Rows} places, and these images take {tokens + 1}: {tokens} patches of {patch.Dimensions[2]} x {patch.Dimensions[3]}, and the class token.");
            }
        }
        else if (PreprocessorConfiguration.ReadImageSize(files) is { } size && (height, width) != (size, size))
        {
            throw new InvalidDataException($"{found} 'image_size' of {string.Join(" or ", KnownFiles.ModelConfigurations.Where(files.Contains).Select(files.Describe))}, for {graph.Description}, is {size}.");
        }
    }

    /// <summary>The one table of positions among the constants of a graph; null if there is none, or more than one.</summary>
    private static (string Name, long Rows)? Table(OnnxGraph graph, Func<string, bool> isWanted)
    {
        var tables = graph.Initializers.Values.Where(t => Positions.Any(p => t.Name.Contains(p, StringComparison.Ordinal)) && isWanted(t.Name)
            && t.Dimensions is [> 1, > 1] or [1, > 1, > 1]).ToList();
        return tables is [var only] ? (only.Name, only.Dimensions[^2]) : null;
    }

    private static bool IsOfImages(string name) => name.Contains("vis", StringComparison.Ordinal) || name.Contains("image", StringComparison.Ordinal);

    private static string Describe(ModelFiles files, IReadOnlyList<string> names, bool isTokenizer)
    {
        string[] wanted = isTokenizer ? [KnownFiles.TokenizerConfiguration, KnownFiles.SpecialTokens] : [.. KnownFiles.ModelConfigurations];
        return files.Describe(names.FirstOrDefault(n => wanted.Contains(Path.GetFileName(n))) ?? KnownFiles.Configuration);
    }
}
