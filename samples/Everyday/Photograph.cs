using Microsoft.ML;
using Microsoft.ML.Clip;

namespace Everyday;

/// <summary>A photograph and what the model makes of it.</summary>
internal sealed record Photograph(string Path)
{
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Why it could not be read; empty where it could.</summary>
    public string Error { get; init; } = "";

    /// <summary>Its place in the joint space, of unit length; empty where it could not be read.</summary>
    public float[] Embedding { get; init; } = [];

    /// <summary>Embeds files, several at a time. What cannot be read is told of each, and the others go on.</summary>
    public static IEnumerable<Photograph> Embed(ClipModel model, IReadOnlyList<string> files)
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(files.Select(file => new { Path = file }));
        var options = new ClipImageEmbeddingOptions
        {
            ApplyExifOrientation = true,
            OnInvalidImage = ClipOnInvalidImage.Missing,
            ErrorColumnName = nameof(Row.Error),
        };
        var embedded = ml.Transforms.ClipImageEmbedding(nameof(Row.Embedding), nameof(Row.Path), model, options).Fit(rows).Transform(rows);
        return ml.Data.CreateEnumerable<Row>(embedded, reuseRowObject: false)
            .Select(row => new Photograph(row.Path) { Error = row.Error, Embedding = row.Error.Length == 0 ? row.Embedding : [] });
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string Error { get; set; } = "";

        public float[] Embedding { get; set; } = [];
    }
}
