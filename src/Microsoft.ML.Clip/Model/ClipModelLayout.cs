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
    private static readonly string[] ImageNames = [Onnx + KnownFiles.ImageTower, KnownFiles.ImageTower, Visual + KnownFiles.Model];
    private static readonly string[] TextNames = [Onnx + KnownFiles.TextTower, KnownFiles.TextTower, Textual + KnownFiles.Model];
    private static readonly string[] CombinedNames = [Onnx + KnownFiles.Model, KnownFiles.Model];

    /// <summary>Finds the towers; single towers come before combined graphs, which carry the other tower's weights along.</summary>
    /// <exception cref="FileNotFoundException">There is no ONNX file of any known layout, or none of the variant asked for.</exception>
    public static ClipModelLayout Find(ModelFiles files, string? variant)
    {
        var variants = Variants(files);
        string suffix = variant is null ? DefaultVariant(files, variants) : variant.Length == 0 || variant[0] == '_' ? variant : "_" + variant;
        string? image = First(files, ImageNames, suffix), text = First(files, TextNames, suffix), combined = First(files, CombinedNames, suffix);
        if (image is null && text is null && combined is null)
        {
            throw new FileNotFoundException($"The CLIP model in {files.Location} has no variant '{suffix.TrimStart('_')}'. It has {Describe(variants)}.");
        }
        List<string> all = [.. new[] { "", suffix }.Concat(variants).Distinct().SelectMany(s => Existing(files, CombinedNames, s))];
        return new ClipModelLayout(image ?? combined, text ?? combined, all, suffix);
    }

    /// <summary>The names under which an image tower is looked for.</summary>
    public static IEnumerable<string> ImageFiles(string suffix) => ImageNames.Concat(CombinedNames).Select(n => Name(n, suffix));

    /// <summary>The names under which a text tower is looked for.</summary>
    public static IEnumerable<string> TextFiles(string suffix) => TextNames.Concat(CombinedNames).Select(n => Name(n, suffix));

    /// <summary>The files of a tower that are there with another suffix, and how they are chosen; empty if there are none.</summary>
    public static string OtherVariants(ModelFiles files, bool image)
    {
        string[] names = image ? ImageNames : TextNames;
        string[] found = [.. files.Names.Where(file => SuffixOf(file) is not null && names.Any(name => file.StartsWith(name, StringComparison.Ordinal)))];
        return found.Length == 0 ? ""
            : $" But {string.Join(", ", found.Select(f => $"'{f}' ({nameof(ClipModelOptions)}.{nameof(ClipModelOptions.Variant)} = \"{SuffixOf(f)!.TrimStart('_')}\")"))} is there; a variant holds for both towers.";
    }

    /// <summary>The suffixes of all tower files that exist.</summary>
    private static List<string> Variants(ModelFiles files) =>
        [.. files.Names.Select(SuffixOf).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The suffix of a tower's file; null for any other file.</summary>
    private static string? SuffixOf(string file) => ImageNames.Concat(TextNames).Concat(CombinedNames)
        .Where(name => file.StartsWith(name, StringComparison.Ordinal) && file.EndsWith(KnownFiles.OnnxExtension, StringComparison.Ordinal))
        .Select(name => file[name.Length..^KnownFiles.OnnxExtension.Length]).FirstOrDefault(suffix => Suffix().IsMatch(suffix));

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

    private static IEnumerable<string> Existing(ModelFiles files, string[] names, string suffix) => names.Select(n => Name(n, suffix)).Where(files.Contains);

    private static string Name(string name, string suffix) => name + suffix + KnownFiles.OnnxExtension;

    private static string Describe(List<string> variants) => string.Join(", ", variants.Select(v => v.Length == 0 ? "the one without a suffix" : $"'{v.TrimStart('_')}'"));

    private static string Sample(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "no files",
        <= 12 => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(12))} and {names.Count - 12} more files",
    };

    [GeneratedRegex(@"^(_\w+)?\z")]
    private static partial Regex Suffix();
}
