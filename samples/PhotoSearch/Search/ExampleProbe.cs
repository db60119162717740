using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace PhotoSearch;

/// <summary>
/// A linear probe on examples: more like these, not like those. Its decision is w · x + b, so that w is a query as words are one, and all photographs are put
/// in order by one search.
/// </summary>
/// <param name="Query">w. Has no direction where the examples cannot be told apart.</param>
/// <param name="Bias">b.</param>
internal sealed record ExampleProbe(float[] Query, float Bias)
{
    private readonly double _norm = Math.Sqrt(Query.Sum(w => (double)w * w));

    /// <summary>Whether the examples differ.</summary>
    public bool TellsApart => _norm > 1e-6;

    /// <summary>Trains on embeddings, at least one of each kind.</summary>
    public static ExampleProbe Train(IReadOnlyList<float[]> like, IReadOnlyList<float[]> unlike, CancellationToken stop)
    {
        var ml = new MLContext(seed: 1);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, like[0].Length);
        var rows = ml.Data.LoadFromEnumerable([.. like.Select(x => new Row(x, 0)), .. unlike.Select(x => new Row(x, 1))], schema);
        var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new() { Seed = 1, NumberOfThreads = 1, CancellationToken = stop });
        var model = trainer.Fit(rows).Model;
        VBuffer<float>[] weights = [];
        model.GetWeights(ref weights, out _);
        float[] biases = [.. model.GetBiases()];
        float[] query = [.. weights[0].DenseValues().Zip(weights[1].DenseValues(), (a, b) => a - b)];
        return new(query, biases[0] - biases[1]);
    }

    /// <summary>The probability that a photograph is like the examples, from its cosine with the query.</summary>
    public float Probability(float cosine) => (float)(1 / (1 + Math.Exp(-((_norm * cosine) + Bias))));

    private sealed class Row(float[] features, uint label)
    {
        public float[] Features { get; set; } = features;

        // In memory keys begin with 0.
        [KeyType(2)]
        public uint Label { get; set; } = label;
    }
}
