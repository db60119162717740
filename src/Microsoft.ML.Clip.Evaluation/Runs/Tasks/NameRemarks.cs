using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>What a model cannot make of names and captions, and would not say: texts that it cuts, and names that are one to it.</summary>
internal static class NameRemarks
{
    private const int Shown = 3;

    // Of unit length: what rounding leaves of equal texts; other words are further apart by orders of magnitude.
    private const float Same = 1e-6f;

    public static IEnumerable<string> Of(ClipModel model, IReadOnlyList<IReadOnlyList<string>> names, IReadOnlyList<string> templates,
        ClipZeroShotClassifier classifier) =>
        [.. Cut(model, [.. names.SelectMany(n => n)], templates.MaxBy(t => t.Length)!, "names"), .. Equal([.. names.Select(n => n[0])], classifier)];

    /// <summary>Texts that are longer than the model's context in a template.</summary>
    public static string[] Cut(ClipModel model, IReadOnlyList<string> texts, string template, string what)
    {
        int[] ids = new int[model.ContextLength];
        string[] cut = [.. texts.Where(t =>
        {
            model.Tokenizer.EncodeToContext(template.Replace("{}", t, StringComparison.Ordinal), ids, out bool truncated);
            return truncated;
        })];
        return cut.Length == 0 ? [] : [FormattableString.Invariant($"{cut.Length} of {texts.Count} {what} are longer than the {model.ContextLength} tokens that the model takes, prompt included, and are cut: {List(cut)}.")];
    }

    // Neighbours in one coordinate are enough to look at, as whole vectors are no nearer than that.
    private static string[] Equal(string[] names, ClipZeroShotClassifier classifier)
    {
        int dimension = classifier.Dimension;
        float reach = MathF.Sqrt(2 * Same);
        float[] weights = classifier.ClassWeights.ToArray();
        int[] order = [.. Enumerable.Range(0, names.Length).OrderBy(i => weights[i * dimension]).ThenBy(i => i)];
        var found = new List<(int First, int Second)>();
        for (int i = 0; i < order.Length; i++)
        {
            for (int j = i + 1; j < order.Length && weights[order[j] * dimension] - weights[order[i] * dimension] <= reach; j++)
            {
                if (1 - TensorPrimitives.CosineSimilarity<float>(Row(order[i]), Row(order[j])) <= Same)
                {
                    found.Add((Math.Min(order[i], order[j]), Math.Max(order[i], order[j])));
                }
            }
        }
        return found.Count == 0 ? []
            : [FormattableString.Invariant($"{found.Count} {(found.Count == 1 ? "pair" : "pairs")} of classes have the same prompts to the model, and which of them it says is rounding: {List([.. found.Order().Select(p => $"{names[p.First]} (class {p.First}) and {names[p.Second]} (class {p.Second})")])}.")];

        ReadOnlySpan<float> Row(int i) => weights.AsSpan(i * dimension, dimension);
    }

    private static string List(string[] all) => string.Join("; ", all.Take(Shown).Select(Short)) + (all.Length > Shown ? " ..." : "");

    private static string Short(string text) => text.Length <= 100 ? text : text[..100] + "...";
}
