using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Published tables of others, from shared/.</summary>
internal static class PublishedTables
{
    // What ImageNet's classes are for each shift: the set, then where the accuracy on ImageNet over the same classes stands. Two of a name count as one,
    // their mean.
    private static readonly (string Of, string[] Shifted)[] Shifts =
    [
        ("val", ["imagenetv2-matched-frequency-format-val"]), ("val", ["imagenet-sketch"]), ("val-on-imagenet-r-classes", ["imagenet-r"]), ("val-on-imagenet-a-classes", ["imagenet-a"]),
        ("val-on-objectnet-classes", ["objectnet-1.0-beta"]), ("val-on-vid-robust-classes", ["imagenet-vid-robust_pm0", "imagenet-vid-robust_pm10"]), ("val-on-ytbb-robust-classes", ["ytbb-robust_pm0", "ytbb-robust_pm10"]),
    ];

    /// <summary>One of the tables of published.tar.gz; skips the calling test where it is absent.</summary>
    public static CsvTable Read(string name) => CsvTable.Parse(Text(name), name);

    /// <summary>The text of one.</summary>
    public static string Text(string name)
    {
        using var file = File.OpenRead(SharedFolder.Require("data/eval/published.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (Path.GetFileName(entry.Name) == name)
            {
                return new StreamReader(entry.DataStream!).ReadToEnd();
            }
        }
        throw new InvalidDataException($"The archive has no {name}.");
    }

    public static double? Number(this CsvTable table, int row, string column) => table[row, column] is { Length: > 0 } field
        ? double.Parse(field, CultureInfo.InvariantCulture) : null;

    /// <summary>Models of the testbed: their mean accuracy on the seven shifts and on ImageNet's classes of these, where all were measured.</summary>
    public static IReadOnlyList<(string Model, string Kind, double Base, double Shifted)> Robustness()
    {
        var table = Read("imagenet-testbed-top1.csv");
        return [.. from row in Enumerable.Range(0, table.Count)
                   let of = Shifts.Select(s => table.Number(row, s.Of)).ToArray()
                   let shifted = Shifts.Select(s => s.Shifted.Average(c => table.Number(row, c) ?? double.NaN)).ToArray()
                   where of.All(v => v is not null) && shifted.All(double.IsFinite)
                   let model = table[row, "model"]!
                   let kind = model.EndsWith("_clip_zeroshot", StringComparison.Ordinal) ? "CLIP" : table[row, "type"]!
                   select (model, kind, of.Average(v => v!.Value) / 100, shifted.Average() / 100)];
    }

    /// <summary>The family of a model of OpenCLIP.</summary>
    public static string Family(string model) => model switch
    {
        _ when model.StartsWith("nllb", StringComparison.Ordinal) => "others",
        _ when model.Contains("SigLIP", StringComparison.OrdinalIgnoreCase) => "SigLIP",
        _ when model.StartsWith("EVA", StringComparison.Ordinal) => "EVA",
        _ when model.StartsWith("RN", StringComparison.Ordinal) => "ResNet",
        _ when model.StartsWith("convnext", StringComparison.Ordinal) => "ConvNeXt",
        _ when model.Contains("CLIPA", StringComparison.Ordinal) => "CLIPA",
        _ when model.StartsWith("ViT", StringComparison.Ordinal) => "ViT",
        _ => "others",
    };
}
