using System.Diagnostics;
using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Measures how a model in 8 bits compares with what it was made of.</summary>
internal sealed class ModelComparison(ClipModel original, ClipModel quantized, ClipQuantizationOptions options, CancellationToken cancellation)
{
    private const int BatchSize = 16, Rounds = 5;

    /// <summary>Cosines of images' embeddings, and both embeddings.</summary>
    public (double[] Cosines, float[] Original, float[] Quantized) Images(Rows<float> pixels) =>
        Cosines(pixels, (model, rows, output) => model.EncodePixels(rows, ClipFeatures.JointEmbedding, normalize: true, output));

    /// <summary>Cosines of texts' embeddings, and both embeddings.</summary>
    public (double[] Cosines, float[] Original, float[] Quantized) Texts(Rows<int> ids) =>
        Cosines(ids, (model, rows, output) => model.EncodeTokens(rows, normalize: true, output));

    /// <summary>Images a second of both, the encoder alone.</summary>
    public (double Original, double Quantized) ImageSpeed(Rows<float> pixels)
    {
        var batch = pixels.Slice(0, Math.Min(BatchSize, pixels.Count));
        var output = Output(batch.Count);
        return Speed(batch.Count, model => model.EncodePixels(batch, ClipFeatures.JointEmbedding, normalize: true, output));
    }

    /// <summary>Texts a second of both, the encoder alone.</summary>
    public (double Original, double Quantized) TextSpeed(Rows<int> ids)
    {
        var batch = ids.Slice(0, Math.Min(4 * BatchSize, ids.Count));
        var output = Output(batch.Count);
        return Speed(batch.Count, model => model.EncodeTokens(batch, normalize: true, output, model.Share));
    }

    /// <summary>For which part of the images both find the same class first.</summary>
    public static double Agreement(float[] images, float[] quantizedImages, float[] classes, float[] quantizedClasses, int dimension)
    {
        int count = images.Length / dimension, same = 0;
        for (int i = 0; i < count; i++)
        {
            same += Best(images.AsSpan(i * dimension, dimension), classes) == Best(quantizedImages.AsSpan(i * dimension, dimension), quantizedClasses) ? 1 : 0;
        }
        return (double)same / count;
    }

    /// <summary>The class weights of the labels.</summary>
    public float[] Classes(ClipModel model)
    {
        int dimension = model.EmbeddingDimension;
        float[] classes = new float[options.Labels.Count * dimension];
        for (int label = 0; label < options.Labels.Count; label++)
        {
            var weights = classes.AsSpan(label * dimension, dimension);
            string[] texts = [.. options.Templates.Select(t =>
                t.Replace(ClipQuantizationOptions.Placeholder, options.Labels[label], StringComparison.Ordinal))];
            foreach (float[] embedding in model.EncodeTexts(texts, cancellationToken: cancellation))
            {
                TensorPrimitives.Add(weights, embedding, weights);
            }
            TensorPrimitives.Divide(weights, TensorPrimitives.Norm<float>(weights), weights);
        }
        return classes;
    }

    /// <summary>The part of the labelled images that each gives the right label.</summary>
    public (double Original, double Quantized) Accuracy(float[] classes, float[] quantizedClasses)
    {
        int length = 3 * original.ImageHeight * original.ImageWidth, right = 0, quantizedRight = 0, done = 0;
        float[] memory = new float[BatchSize * length];
        foreach (var chunk in options.LabelledImages.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            var pixels = new Rows<float>(memory.AsMemory(0, chunk.Length * length), length);
            int first = done;
            ParallelRows.For(chunk.Length, Math.Max(1, original.Share.PreparingThreads),
                i => original.Preprocess(chunk[i].Image, nameof(options.LabelledImages), first + i, pixels[i], cancellation));
            right += Right(original, classes);
            quantizedRight += Right(quantized, quantizedClasses);
            done += chunk.Length;
            options.Progress?.Report($"accuracy: {done} of {options.LabelledImages.Count}");

            int Right(ClipModel model, float[] weights)
            {
                var output = Output(chunk.Length);
                model.EncodePixels(pixels, ClipFeatures.JointEmbedding, normalize: true, output);
                return Enumerable.Range(0, chunk.Length).Count(i => Best(output[i], weights) == chunk[i].Label);
            }
        }
        return ((double)right / done, (double)quantizedRight / done);
    }

    private static int Best(ReadOnlySpan<float> embedding, float[] classes)
    {
        int best = 0, dimension = embedding.Length;
        float highest = float.NegativeInfinity;
        for (int i = 0; i * dimension < classes.Length; i++)
        {
            float cosine = TensorPrimitives.Dot(embedding, classes.AsSpan(i * dimension, dimension));
            if (cosine > highest)
            {
                (best, highest) = (i, cosine);
            }
        }
        return best;
    }

    private (double[] Cosines, float[] Original, float[] Quantized) Cosines<T>(Rows<T> inputs, Action<ClipModel, Rows<T>, Rows<float>> encode)
    {
        var (exact, found) = (Output(inputs.Count), Output(inputs.Count));
        for (int start = 0; start < inputs.Count; start += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(BatchSize, inputs.Count - start);
            encode(original, inputs.Slice(start, count), exact.Slice(start, count));
            encode(quantized, inputs.Slice(start, count), found.Slice(start, count));
        }
        double[] cosines = [.. Enumerable.Range(0, inputs.Count).Select(i => (double)TensorPrimitives.Dot<float>(exact[i], found[i]))];
        return (cosines, exact.Values.ToArray(), found.Values.ToArray());
    }

    private Rows<float> Output(int count) => new(new float[count * original.EmbeddingDimension], original.EmbeddingDimension);

    /// <summary>Runs both by turns, and takes the medians; the first run of each opens its session.</summary>
    private (double Original, double Quantized) Speed(int count, Action<ClipModel> encode)
    {
        List<double> exact = [], found = [];
        for (int round = 0; round <= Rounds; round++)
        {
            foreach (var (model, seconds) in new[] { (original, exact), (quantized, found) })
            {
                cancellation.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                encode(model);
                if (round > 0)
                {
                    seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }
        return (count / Median(exact), count / Median(found));

        static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }
}
