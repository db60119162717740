using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What measuring a model on a task needs: the model, its embeddings by way of the cache, and somebody to tell.</summary>
internal sealed class EvaluationContext(ClipEvaluatedModel model, ClipModel loaded, string modelHash, ClipEvaluationOptions options, SetHashes hashes,
    EvaluationMeter meter, CancellationToken cancellationToken)
{
    // A classifier's weights and captions stand in the cache as sets of their own.
    private const string TextSet = "texts";

    public string ModelName => model.Name;

    public ClipModel Model => loaded;

    public string ModelHash => modelHash;

    public ClipEvaluationOptions Options => options;

    public CancellationToken CancellationToken => cancellationToken;

    public string HashOf(ClipDataSet set) => hashes.Of(set, options.Cache, cancellationToken);

    public void Stage(string stage) => meter.Stage(stage);

    public ClipEmbeddedSet Embed(ClipDataSet set, ClipFeatures features)
    {
        meter.Stage($"embedding {set.Name}");
        var embedded = ClipEmbeddedSet.Of(loaded, modelHash, HashOf(set), set, features, options.Cache, meter.Images(set.Count ?? 0), cancellationToken);
        meter.Done(set.Count ?? 0);
        return embedded;
    }

    /// <summary>The kind of features that probes take of this model.</summary>
    public ClipFeatures ProbeFeatures(ClipDataSet set)
    {
        if (options.ProbeFeatures == ClipFeatures.JointEmbedding)
        {
            return ClipFeatures.JointEmbedding;
        }
        try
        {
            var ml = new MLContext();
            using var step = ml.Transforms.ClipImageEmbedding("Features", "Image", loaded, new ClipImageEmbeddingOptions { Features = ClipFeatures.Encoder })
                .Fit(set.ToDataView(ml));
            return ClipFeatures.Encoder;
        }
        catch (NotSupportedException)
        {
            return ClipFeatures.JointEmbedding;
        }
    }

    public ClipZeroShotClassifier Classifier(IReadOnlyList<IReadOnlyList<string>> names, IReadOnlyList<string> templates)
    {
        meter.Stage($"{names.Count} classes with {templates.Count} {(templates.Count == 1 ? "template" : "templates")}");
        ClipZeroShotClassifier? made = null;
        string key = TextHash.Of(["classifier", .. templates, "", .. names.SelectMany(n => n.Append(""))]);
        float[] weights = Cached(key, names.Count, () =>
        {
            made = ClipEmbeddedSet.CreateClassifier(loaded, names, templates, cancellationToken);
            return made.ClassWeights.ToArray();
        });
        return made ?? new([.. names.Select(n => n[0])], weights, loaded.LogitScale, loaded.ScoreFunction, loaded.LogitBias, allowRepeatedLabels: true);
    }

    /// <summary>[texts, dimension]: joint embeddings of unit length.</summary>
    public float[] EncodeTexts(IReadOnlyList<string> texts)
    {
        meter.Stage($"{texts.Count:N0} texts");
        return Cached(TextHash.Of(texts), texts.Count, () =>
        {
            float[] embeddings = new float[texts.Count * loaded.EmbeddingDimension];
            loaded.EncodeTexts(texts, embeddings, cancellationToken: cancellationToken);
            return embeddings;
        });
    }

    public ClipEvaluationRecord Record(ClipEvaluationTask task, ClipEvaluationKind kind, string metric, double value, ClipInterval? interval,
        ClipEmbeddedSet set, double seconds) => new()
        {
            Model = model.Name,
            Task = task.Name,
            Benchmark = (task as ClipClassificationTask)?.Benchmark?.Key,
            Kind = kind,
            Metric = metric,
            Value = value,
            Interval = interval,
            Rows = new(set.Count + set.Failed.Count, set.Count, set.Failed.Count, set.Skipped),
            Failed = [.. set.Failed.Take(100)],
            ModelHash = modelHash,
            SetHash = set.ContentHash!,
            Features = set.Features,
            Seconds = seconds,
            Version = ClipEvaluation.Version,
        };

    private float[] Cached(string hash, int count, Func<float[]> make)
    {
        string key = ClipEmbeddingCache.Key(modelHash, $"{TextSet} {hash}", ClipFeatures.JointEmbedding);
        int dimension = loaded.EmbeddingDimension;
        if (options.Cache?.Read(key) is { } known && known.Dimension == dimension && known.Labels.Length == count)
        {
            return known.Features;
        }
        float[] values = make();
        options.Cache?.Write(key, new EmbeddedRows(dimension, values, new int[count], []));
        return values;
    }
}

/// <summary>Hashes of sets, each computed once a run.</summary>
internal sealed class SetHashes
{
    private readonly Dictionary<ClipDataSet, string> _known = [];

    public string Of(ClipDataSet set, ClipEmbeddingCache? cache, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(set, out string? hash))
        {
            hash = _known[set] = cache?.HashOf(set, cancellationToken) ?? set.ComputeContentHash(cancellationToken);
        }
        return hash;
    }
}

/// <summary>Lists of texts as one hash.</summary>
internal static class TextHash
{
    /// <summary>A SHA-256 over texts, each ended by a zero.</summary>
    public static string Of(IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in texts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text + '\0'));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>Images without a class, as a set whose rows can be embedded; the label says nothing, and names begin with the row's place.</summary>
internal static class FileSet
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<IReadOnlyList<string>, ClipDataSet> Made = [];

    public static ClipDataSet Of(string name, IReadOnlyList<string> images) => Made.GetValue(images, files => new ClipDataSet(name, ["image", "none"],
        imagesAreFiles: true, () => files.Select((f, i) => new ClipDataSetRow(FormattableString.Invariant($"{i} {Path.GetFileName(f)}"), f, 0)))
    {
        Count = files.Count,
    });

    /// <summary>The places of the images that could be read, in their order.</summary>
    public static int[] Readable(ClipEmbeddedSet embedded)
    {
        var failed = embedded.Failed.Select(f => f.Name[..f.Name.IndexOf(' ', StringComparison.Ordinal)])
            .Select(place => int.Parse(place, NumberStyles.None, CultureInfo.InvariantCulture)).ToHashSet();
        return [.. Enumerable.Range(0, embedded.Count + embedded.Failed.Count).Where(i => !failed.Contains(i))];
    }
}
