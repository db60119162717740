using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// A linear classifier whose weights are text embeddings: one unit vector per class, the normalised mean of the class's normalised prompt
/// embeddings. Source: section 3.1.4 of the paper; <c>zeroshot_classifier</c> in openai/CLIP's Prompt_Engineering_for_ImageNet.ipynb.
/// </summary>
/// <remarks>Immutable and thread-safe.</remarks>
internal sealed class ZeroShotClassifier
{
    private const int PromptsAtOnce = 2048;

    // [classes, dimension], row-major, unit rows.
    private readonly float[] _classWeights;

    public ZeroShotClassifier(string[] labels, float[] classWeights, float logitScale) =>
        (Labels, _classWeights, LogitScale) = (labels, classWeights, logitScale);

    /// <summary>The class names, in the order of the scores.</summary>
    public string[] Labels { get; }

    /// <summary>[classes, <see cref="Dimension"/>], row-major, unit rows.</summary>
    public ReadOnlySpan<float> ClassWeights => _classWeights;

    /// <summary>exp(t).</summary>
    public float LogitScale { get; }

    /// <summary>The dimension of the joint space.</summary>
    public int Dimension => _classWeights.Length / Labels.Length;

    /// <summary>Embeds every prompt of every class with the model's text encoder.</summary>
    /// <exception cref="ArgumentException">Labels or templates are empty, repeated, or lack the placeholder.</exception>
    public static ZeroShotClassifier Create(ClipModel model, IReadOnlyList<string> labels, IReadOnlyList<string> templates, float logitScale)
    {
        Check(labels, templates);
        int dimension = model.EmbeddingDimension;
        float[] weights = new float[labels.Count * dimension];
        // Many labels at a time, so that prompts of like length meet, but not the 80,000 embeddings of ImageNet's ensemble at once.
        int labelsAtOnce = Math.Max(1, PromptsAtOnce / templates.Count);
        for (int first = 0; first < labels.Count; first += labelsAtOnce)
        {
            string[] some = [.. labels.Skip(first).Take(labelsAtOnce)];
            float[][] prompts = model.EncodeTexts([.. some.SelectMany(label => templates.Select(t => ClipPrompts.Fill(t, label)))], normalize: true);
            for (int i = 0; i < some.Length; i++)
            {
                Combine(some[i], prompts.AsSpan(i * templates.Count, templates.Count), weights.AsSpan((first + i) * dimension, dimension));
            }
        }
        return new ZeroShotClassifier([.. labels], weights, logitScale);
    }

    private static void Combine(string label, ReadOnlySpan<float[]> prompts, Span<float> weight)
    {
        foreach (float[] prompt in prompts)
        {
            TensorPrimitives.Add(weight, prompt, weight);
        }
        // The mean and the sum point the same way, and only the direction is kept.
        float norm = TensorPrimitives.Norm<float>(weight);
        if (!(norm > 0))
        {
            throw new InvalidOperationException($"The prompt embeddings of the label '{label}' cancel out or are not finite (norm {norm}); the label has no direction.");
        }
        TensorPrimitives.Divide(weight, norm, weight);
    }

    /// <summary>Says what is wrong with labels or templates, before anything is computed.</summary>
    public static void Check(IReadOnlyList<string> labels, IReadOnlyList<string> templates)
    {
        if (labels.Count == 0)
        {
            throw new ArgumentException("Zero-shot classification needs at least one label; the list is empty.", nameof(labels));
        }
        if (templates.Count == 0)
        {
            throw new ArgumentException($"Zero-shot classification needs at least one prompt template, such as \"{ClipPrompts.Simple[0]}\"; the list is empty.", nameof(templates));
        }
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < labels.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(labels[i]))
            {
                throw new ArgumentException($"Label {i} (counted from 0) is empty.", nameof(labels));
            }
            if (!seen.TryAdd(labels[i], i))
            {
                throw new ArgumentException($"The label '{labels[i]}' is there twice, at {seen[labels[i]]} and {i} (counted from 0). Labels have to differ.", nameof(labels));
            }
        }
        foreach (string template in templates)
        {
            ClipPrompts.Fill(template, "");
        }
    }

    /// <summary>softmax(logit scale × cosines). The embedding need not be of unit length, but must not be zero.</summary>
    /// <param name="embedding">[<see cref="Dimension"/>]. NaN throughout stands for a missing row.</param>
    /// <param name="probabilities">[classes]. NaN throughout for a missing row.</param>
    public void Classify(ReadOnlySpan<float> embedding, Span<float> probabilities)
    {
        float scale = LogitScale / TensorPrimitives.Norm(embedding);
        for (int c = 0; c < probabilities.Length; c++)
        {
            probabilities[c] = scale * TensorPrimitives.Dot(embedding, _classWeights.AsSpan(c * Dimension, Dimension));
        }
        // Shifted by the maximum: exp(100) alone would already overflow.
        TensorPrimitives.Subtract(probabilities, TensorPrimitives.Max(probabilities), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        TensorPrimitives.Divide(probabilities, TensorPrimitives.Sum(probabilities), probabilities);
    }
}
