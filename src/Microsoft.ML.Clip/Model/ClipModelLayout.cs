using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Which files of a model hold its towers.</summary>
/// <param name="ImageFile">The graph that embeds images; null if there is none.</param>
/// <param name="TextFile">The graph that embeds texts; null if there is none.</param>
/// <param name="CombinedFiles">Graphs that hold both towers and the logits, the most exact first; they are read for the logit scale.</param>
/// <param name="Variant">The suffix in use, with its underscore, or an empty text.</param>
internal sealed partial record ClipModelLayout(string? ImageFile, string? TextFile, IReadOnlyList<string> CombinedFiles, string Variant)
{
    private const string Onnx = KnownFiles.OnnxFolder + "/", Visual = KnownFiles.ImageFolder + "/", Textual = KnownFiles.TextFolder + "/";

    // The layouts in the wild, in order of preference, without the variant's suffix.
    private static readonly string[] ImageNames =
        [Onnx + KnownFiles.ImageTower, KnownFiles.ImageTower, Visual + KnownFiles.Model, .. KnownFiles.OtherImageTowers, KnownFiles.ChineseImageTower];

    private static readonly string[] TextNames =
        [Onnx + KnownFiles.TextTower, KnownFiles.TextTower, Textual + KnownFiles.Model, .. KnownFiles.OtherTextTowers, KnownFiles.ChineseTextTower];

    private static readonly string[] CombinedNames = [Onnx + KnownFiles.Model, KnownFiles.Model];

    /// <summary>Finds the towers; single towers come before combined graphs, which carry the other tower's weights along.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="variant">The variant; null for the default.</param>
    /// <param name="prefersCombined">Whether a combined graph comes first after all, as it holds what single towers do not: logit scale and bias.</param>
    /// <exception cref="FileNotFoundException">There is no ONNX file of any known layout, or none of the variant asked for.</exception>
    public static ClipModelLayout Find(ModelFiles files, string? variant, bool prefersCombined = false)
    {
        var variants = Variants(files);
        string suffix = variant is null ? DefaultVariant(files, variants) : variant.Length == 0 || variant[0] == '_' ? variant : "_" + variant;
        string? image = First(files, ImageNames, suffix), text = First(files, TextNames, suffix), combined = First(files, CombinedNames, suffix);
        if (image is null && text is null && combined is null)
        {
            throw new FileNotFoundException($"The CLIP model in {files.Location} has no variant '{suffix.TrimStart('_')}'. It has {Describe(variants)}.");
        }
        List<string> all = [.. new[] { "", suffix }.Concat(variants).Distinct().SelectMany(s => Existing(files, CombinedNames, s))];
        return prefersCombined && combined is not null ? new ClipModelLayout(combined, combined, all, suffix)
            : new ClipModelLayout(image ?? combined, text ?? combined, all, suffix);
    }

    /// <summary>The name of a tower's file in another variant, beside it.</summary>
    /// <param name="file">The file in the variant of this layout.</param>
    /// <param name="suffix">The other variant, with its underscore.</param>
    public string InVariant(string file, string suffix)
    {
        int folder = file.LastIndexOf('/') + 1;
        string name = file[folder..^KnownFiles.OnnxExtension.Length];
        if (Precision().Match(name) is { Success: true } match)
        {
            return $"{file[..folder]}{name[..match.Groups[2].Index]}{suffix[1..]}{KnownFiles.OnnxExtension}";
        }
        // A variant may begin with the name of a folder: onnx/s0/vision_model_fp16.onnx is _s0_fp16.
        string own = Variant;
        while (own.Length > 0 && !name.EndsWith(own, StringComparison.Ordinal))
        {
            int next = own.IndexOf('_', 1);
            own = next < 0 ? "" : own[next..];
        }
        return $"{file[..folder]}{name[..^own.Length]}{suffix}{KnownFiles.OnnxExtension}";
    }

    /// <summary>The names under which an image tower is looked for.</summary>
    public static IEnumerable<string> ImageFiles(string suffix) => ImageNames.Concat(CombinedNames).Select(n => Name(n, suffix));

    /// <summary>The names under which a text tower is looked for.</summary>
    public static IEnumerable<string> TextFiles(string suffix) => TextNames.Concat(CombinedNames).Select(n => Name(n, suffix));

    /// <summary>The files of a tower that are there with another suffix, and how they are chosen; empty if there are none.</summary>
    public static string OtherVariants(ModelFiles files, bool image)
    {
        Place[] found = [.. files.Names.Select(f => Parse(f, image ? ImageNames : TextNames)).OfType<Place>()];
        return found.Length == 0 ? ""
            : $" But {string.Join(", ", found.Select(f => $"'{f.File}' ({nameof(ClipModelOptions)}.{nameof(ClipModelOptions.Variant)} = \"{f.Suffix.TrimStart('_')}\")"))} is there; a variant holds for both towers.";
    }

    /// <summary>The suffixes of all tower files that exist.</summary>
    private static List<string> Variants(ModelFiles files)
    {
        string[] names = [.. ImageNames, .. TextNames, .. CombinedNames];
        return [.. files.Names.Select(f => Parse(f, names)?.Suffix).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Which of the names a file has, and its suffix; null for any other file. A folder below <c>onnx</c> with a tower in it is a variant, too:
    /// <c>onnx/s0/vision_model_fp16.onnx</c> is <c>_s0_fp16</c>.
    /// </summary>
    private static Place? Parse(string file, string[] names)
    {
        if (!file.EndsWith(KnownFiles.OnnxExtension, StringComparison.Ordinal))
        {
            return null;
        }
        string bare = file[..^KnownFiles.OnnxExtension.Length];
        for (int i = 0; i < names.Length; i++)
        {
            if (SuffixOf(bare, names[i]) is { } suffix)
            {
                return new(file, i, suffix);
            }
        }
        var (folder, inner) = Folder().Match(bare) is { Success: true } match ? (match.Groups[1].Value, match.Groups[2].Value) : ("", "");
        for (int i = 0; i < names.Length && folder.Length > 0; i++)
        {
            if (names[i] is KnownFiles.ImageTower or KnownFiles.TextTower or KnownFiles.Model && SuffixOf(inner, names[i]) is { } suffix)
            {
                return new(file, names.Length + i, "_" + folder + suffix);
            }
        }
        return null;
    }

    private static string? SuffixOf(string file, string name)
    {
        if (name[0] == '*')
        {
            return Precision().Match(file) is { Success: true } match && match.Groups[1].Value == name[1..] ? "_" + match.Groups[2].Value : null;
        }
        // "text_model" and "text_projection" are not the tower "text" in a variant.
        bool isShort = KnownFiles.OtherImageTowers.Contains(name) || KnownFiles.OtherTextTowers.Contains(name);
        string behind = file.StartsWith(name, StringComparison.Ordinal) ? file[name.Length..] : "/";
        return (isShort ? KnownSuffix() : Suffix()).IsMatch(behind) ? behind : null;
    }

    private static string DefaultVariant(ModelFiles files, List<string> variants) => variants switch
    {
        [] => throw new FileNotFoundException(
            $"There is no CLIP model in {files.Location}: looked for {string.Join(", ", ImageNames.Concat(TextNames).Concat(CombinedNames).Select(n => Name(n, "")))}. It holds {Sample(files.Names)}.{Advice(files)}"),
        ["", ..] => "",
        [var only] => only,
        _ => throw new FileNotFoundException($"The CLIP model in {files.Location} comes in several variants: {Describe(variants)}. Choose one with {nameof(ClipModelOptions)}.{nameof(ClipModelOptions.Variant)}."),
    };

    /// <summary>What to do where there are weights instead of graphs, as in most of what is published; empty where there are none.</summary>
    private static string Advice(ModelFiles files)
    {
        const string Convert = "ClipOnnxExporter.Convert(safetensorsDirectory, output) of the package Microsoft.ML.Clip.TorchSharp";
        string? weights = KnownFiles.SafetensorsWeights.FirstOrDefault(files.Contains);
        if (weights is not null)
        {
            return $" This directory holds '{weights}', weights without a graph: convert it with {Convert}, and load what that writes.";
        }
        string? pickle = KnownFiles.PickledWeights.FirstOrDefault(files.Contains);
        return pickle is null ? ""
            : $" This directory holds '{pickle}', weights as a Python pickle, which is not read as it may run code: save it as safetensors (model.save_pretrained(directory) in Python), then convert that with {Convert}.";
    }

    private static string? First(ModelFiles files, string[] names, string suffix) => Existing(files, names, suffix).FirstOrDefault();

    private static IEnumerable<string> Existing(ModelFiles files, string[] names, string suffix)
    {
        List<Place> found = [.. files.Names.Select(f => Parse(f, names)).OfType<Place>().Where(p => p.Suffix == suffix)];
        found.Sort((a, b) => a.Rank != b.Rank ? a.Rank.CompareTo(b.Rank) : string.CompareOrdinal(a.File, b.File));
        return found.Select(p => p.File);
    }

    private static string Name(string name, string suffix) =>
        name + (name[0] == '*' && suffix.Length > 0 ? "." + suffix[1..] : suffix) + KnownFiles.OnnxExtension;

    private static string Describe(List<string> variants) => string.Join(", ", variants.Select(v => v.Length == 0 ? "the one without a suffix" : $"'{v.TrimStart('_')}'"));

    private static string Sample(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "no files",
        <= 12 => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(12))} and {names.Count - 12} more files",
    };

    /// <param name="File">A file of the model.</param>
    /// <param name="Rank">Which of the names looked for it has.</param>
    /// <param name="Suffix">Its variant.</param>
    private sealed record Place(string File, int Rank, string Suffix);

    [GeneratedRegex(@"^(_\w+)?\z")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"^(_(fp16|fp32|quantized|int8|uint8|q4|q4f16|bnb4))?\z")]
    private static partial Regex KnownSuffix();

    [GeneratedRegex(@"^[^/]+(\.img|\.txt)\.(fp16|fp32|int8)\z")]
    private static partial Regex Precision();

    [GeneratedRegex(@"^onnx/([\w.-]+)/([^/]+)\z")]
    private static partial Regex Folder();
}
