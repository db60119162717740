using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>Reads a set through the image step: decoded in parallel, encoded in batches, failures beside the rows.</summary>
internal static class SetEmbedder
{
    private const string Embedding = "Embedding", Error = "Error", Image = "Image", Label = "Label", RowName = "Name";

    public static EmbeddedRows Embed(ClipModel model, ClipDataSet set, ClipFeatures features, IProgress<ClipProgress>? progress,
        CancellationToken cancellationToken)
    {
        var ml = new MLContext();
        var rows = set.ToDataView(ml);
        var options = new ClipImageEmbeddingOptions
        {
            Features = features,
            Normalize = features == ClipFeatures.JointEmbedding,
            OnInvalidImage = ClipOnInvalidImage.Missing,
            ErrorColumnName = Error,
        };
        using var step = ml.Transforms.ClipImageEmbedding(Embedding, Image, model, options).Fit(rows);
        var view = step.Transform(progress is null ? rows : ml.Data.ShowProgress(rows, progress, set.Count));
        int dimension = ((VectorDataViewType)view.Schema[Embedding].Type).Size;
        var embeddings = new List<float>(checked((int)Math.Min(set.Count.GetValueOrDefault() * dimension, Array.MaxLength)));
        var labels = new List<int>();
        var failed = new List<ClipFailedImage>();
        using var cursor = view.GetRowCursor([view.Schema[Embedding], view.Schema[Error], view.Schema[Label], view.Schema[RowName]]);
        var getEmbedding = cursor.GetGetter<VBuffer<float>>(view.Schema[Embedding]);
        var getError = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema[Error]);
        var getName = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema[RowName]);
        var getLabel = cursor.GetGetter<uint>(view.Schema[Label]);
        VBuffer<float> embedding = default;
        ReadOnlyMemory<char> error = default, name = default;
        uint label = 0;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            getError(ref error);
            getLabel(ref label);
            if (error.IsEmpty)
            {
                getEmbedding(ref embedding);
                embeddings.AddRange(embedding.GetValues());
                labels.Add((int)label - 1);
            }
            else
            {
                getName(ref name);
                failed.Add(new(name.ToString(), (int)label - 1, error.ToString()));
            }
        }
        return labels.Count + failed.Count == 0 ? throw new InvalidDataException($"'{set.Name}' has no row.")
            : new(dimension, CollectionsMarshal.AsSpan(embeddings).ToArray(), [.. labels], [.. failed]);
    }
}
