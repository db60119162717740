using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Accuracies of 335 models of Taori et al. 2020 and of OpenAI.</summary>
internal sealed record PublishedModels(Dictionary<string, string> Fields)
{
    public string Name => Fields["model"];

    public bool IsStandard => Fields["type"] == "STANDARD" && !Name.Contains("aws", StringComparison.Ordinal) && !Name.Contains("batch64", StringComparison.Ordinal);

    public bool Has(string column) => Fields[column].Length > 0;

    public double Rate(string column) => double.Parse(Fields[column], CultureInfo.InvariantCulture) / 100;

    public static PublishedModels[] Read()
    {
        using var file = File.OpenRead(SharedFolder.Require("data/eval/published.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith("imagenet-testbed-top1.csv", StringComparison.Ordinal))
            {
                const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
                string[] lines = new StreamReader(entry.DataStream!).ReadToEnd().Split('\n', Clean);
                string[] names = lines[0].Split(',');
                return [.. lines.Skip(1).Select(l => new PublishedModels(names.Zip(l.Split(',')).ToDictionary(p => p.First, p => p.Second)))];
            }
        }
        throw new InvalidDataException("The archive has no table of models.");
    }
}
