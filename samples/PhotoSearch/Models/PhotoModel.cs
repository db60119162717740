using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Clip;

namespace PhotoSearch;

/// <summary>The model, and how photographs, words and pictures become embeddings of it. Thread-safe.</summary>
/// <param name="clip">The model; it is disposed with this.</param>
/// <param name="name">What to call it on the page.</param>
internal sealed class PhotoModel(ClipModel clip, string name) : IDisposable
{
    // Words alone and in a sentence, as the everyday model was fitted.
    private static readonly string[] Templates = ["{}", "a photo of a {}."];

    public string Name { get; } = name;

    /// <summary>What tells embeddings of this model from those of others.</summary>
    public string Hash { get; } = clip.ComputeContentHash();

    /// <summary>The length of an embedding; all are of unit length.</summary>
    public int Dimension { get; } = clip.EmbeddingDimension;

    /// <summary>Embeds files, several at a time, in order, as they are asked for.</summary>
    /// <param name="files">Numbers of the caller's, and paths.</param>
    /// <returns>The number with the embedding, or with the reason why there is none.</returns>
    public IEnumerable<(int Number, float[] Embedding, string Error)> Embed(IEnumerable<(int Number, string Path)> files)
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(files.Select(file => new Row { Number = file.Number, Path = file.Path }));
        var options = new ClipImageEmbeddingOptions
        {
            ApplyExifOrientation = true,
            OnInvalidImage = ClipOnInvalidImage.Missing,
            ErrorColumnName = nameof(Row.Error),
        };
        var embedded = ml.Transforms.ClipImageEmbedding(nameof(Row.Embedding), nameof(Row.Path), clip, options)
            .Fit(ml.Data.LoadFromEnumerable(Array.Empty<Row>())).Transform(rows);
        return ml.Data.CreateEnumerable<Row>(embedded, reuseRowObject: false).Select(row => (row.Number, row.Embedding, row.Error));
    }

    /// <summary>Embeds words that somebody typed.</summary>
    public float[] EmbedText(string text)
    {
        float[][] sentences = clip.EncodeTexts([.. Templates.Select(t => ClipPrompts.Fill(t, text))]);
        float[] mean = new float[Dimension];
        foreach (float[] sentence in sentences)
        {
            TensorPrimitives.Add(mean, sentence, mean);
        }
        return mean;
    }

    /// <summary>Embeds a picture that somebody sent.</summary>
    /// <exception cref="ClipImageException">It is none, or one that cannot be read.</exception>
    public float[] EmbedImage(ReadOnlyMemory<byte> file) => clip.EncodeImage(file);

    public void Dispose() => clip.Dispose();

    private sealed class Row
    {
        public int Number { get; set; }

        public string Path { get; set; } = "";

        public string Error { get; set; } = "";

        public float[] Embedding { get; set; } = [];
    }
}
