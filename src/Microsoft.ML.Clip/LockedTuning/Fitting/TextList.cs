using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>Texts that are to be encoded, each once, and names in templates, whose features are the mean of their sentences'.</summary>
internal sealed class TextList
{
    private readonly Dictionary<(string Text, bool IsName), int> _places = [];
    private readonly List<string[]> _sentences = [];

    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>Adds a text as it stands, and gives its place.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What it is, for the message if it is empty.</param>
    public int Add(string text, string name) => Add(text, isName: false, name);

    /// <summary>Adds a name, which goes into the templates.</summary>
    /// <inheritdoc cref="Add(string, string)"/>
    public int AddName(string text, string name) => Add(text, isName: true, name);

    /// <summary>The features of all texts, in the order of their places.</summary>
    public float[][] Encode(Func<IReadOnlyList<string>, float[][]> encodeTexts)
    {
        string[] sentences = [.. _sentences.SelectMany(s => s).Distinct(StringComparer.Ordinal)];
        float[][] features = encodeTexts(sentences) ?? throw new ArgumentException("The encoder of texts gave nothing.", nameof(encodeTexts));
        if (features.Length != sentences.Length)
        {
            throw new ArgumentException($"The encoder of texts gave {features.Length} rows for {sentences.Length} texts.", nameof(encodeTexts));
        }
        FeatureCheck.Rows(features, null, "the encoder's result");
        var places = sentences.Index().ToDictionary(s => s.Item, s => s.Index, StringComparer.Ordinal);
        return [.. _sentences.Select(s => s is [var only] ? features[places[only]] : Mean([.. s.Select(t => features[places[t]])]))];
    }

    private static float[] Mean(float[][] rows)
    {
        float[] mean = new float[rows[0].Length];
        foreach (float[] row in rows)
        {
            TensorPrimitives.MultiplyAdd(row, 1 / (TensorPrimitives.Norm<float>(row) * rows.Length), mean, mean);
        }
        return mean;
    }

    private int Add(string text, bool isName, string name)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new ArgumentException($"{name} is {(text is null ? "null" : "an empty text")}; expected words.", name);
        }
        if (!_places.TryGetValue((text, isName), out int place))
        {
            _places.Add((text, isName), place = _sentences.Count);
            _sentences.Add(isName ? [.. Templates.Select(t => t.Replace("{}", text, StringComparison.Ordinal))] : [text]);
        }
        return place;
    }
}
