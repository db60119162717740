using System.Numerics.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>The relation of images and texts, checked, by image and by text, with what each image counts.</summary>
internal sealed class LockedRelation
{
    // With two such weights on each of a hundred million images, sums are still numbers that float32 has.
    private const float MostWeight = 1e15f;

    // How far apart two unit vectors may be that are the same in float32.
    private const float Rounding = 1e-6f;

    private LockedRelation(ClipLockedData data, IReadOnlyList<(int Other, float Weight)>[] byImage, IReadOnlyList<(int Other, float Weight)>[] byText,
        float[] weights) =>
        (Data, ByImage, ByText, Weights) = (data, byImage, byText, weights);

    public ClipLockedData Data { get; }

    /// <summary>The texts of each image.</summary>
    public IReadOnlyList<(int Other, float Weight)>[] ByImage { get; }

    /// <summary>The images of each text.</summary>
    public IReadOnlyList<(int Other, float Weight)>[] ByText { get; }

    /// <summary>What each image counts; 0 for one that is held back.</summary>
    public float[] Weights { get; }

    public int Images => ByImage.Length;

    public int Texts => ByText.Length;

    /// <exception cref="ArgumentException">Something does not fit together; the message says what was expected and found.</exception>
    public static LockedRelation Of(ClipLockedData data, float classWeightPower)
    {
        FeatureCheck.Rows(data.ImageFeatures, null, nameof(data.ImageFeatures));
        FeatureCheck.Rows(data.TextFeatures, null, nameof(data.TextFeatures));
        int images = data.ImageFeatures.Count, texts = data.TextFeatures.Count;
        ArgumentNullException.ThrowIfNull(data.Targets, nameof(data.Targets));
        var byImage = new List<(int, float)>[images];
        var byText = new List<(int, float)>[texts];
        for (int i = 0; i < images; i++)
        {
            byImage[i] = [];
        }
        for (int t = 0; t < texts; t++)
        {
            byText[t] = [];
        }
        for (int n = 0; n < data.Targets.Count; n++)
        {
            var (image, text, weight) = data.Targets[n];
            if ((uint)image >= (uint)images || (uint)text >= (uint)texts || !(weight > 0 && weight <= MostWeight))
            {
                throw new ArgumentException($"{nameof(data.Targets)}[{n}] is image {image}, text {text}, weight {weight}; expected one of {images} images, one of {texts} texts, and a weight above 0, at most {MostWeight:G3}.", nameof(data));
            }
            byImage[image].Add((text, weight));
            byText[text].Add((image, weight));
        }
        int named = byText.Count(t => t.Count > 0);
        if (named < 2)
        {
            throw new ArgumentException($"{(named == 0 ? "No image has a text" : "All images have the same text")}, of which nothing can be learned; expected at least 2 texts with images.", nameof(data));
        }
        var relation = new LockedRelation(data, byImage, byText, WeightsOf(data, byImage, byText, classWeightPower));
        int[] counted = [.. Enumerable.Range(0, images).Where(i => relation.Weights[i] > 0)];
        if (counted.Length < 2)
        {
            throw new ArgumentException($"{nameof(data.ImageWeights)} leaves fewer than 2 images above 0.", nameof(data));
        }
        int[] withTexts = [.. counted.Where(i => byImage[i].Count > 0)];
        if (withTexts.Length == 0 || Array.TrueForAll(withTexts, i => HasSameTexts(byImage[i], byImage[withTexts[0]])))
        {
            throw new ArgumentException($"All images that count have the same texts, of which nothing can be learned; expected at least 2 images with different texts{(data.ImageWeights is null ? "" : $" and {nameof(data.ImageWeights)} above 0")}.", nameof(data));
        }
        RequireDifference(data.ImageFeatures, counted, nameof(data.ImageFeatures));
        RequireDifference(data.TextFeatures, [.. Enumerable.Range(0, texts).Where(t => byText[t].Count > 0)], nameof(data.TextFeatures));
        return relation;
    }

    /// <summary>The same without some images.</summary>
    public LockedRelation Without(IReadOnlyCollection<int> heldBack)
    {
        float[] weights = [.. Weights];
        foreach (int image in heldBack)
        {
            weights[image] = 0;
        }
        return new(Data, ByImage, ByText, weights);
    }

    private static bool HasSameTexts(List<(int Text, float Weight)> some, List<(int Text, float Weight)> others) =>
        some.Count == others.Count && some.Order().SequenceEqual(others.Order());

    // What is left of equal rows when their mean is subtracted is rounding error.
    private static void RequireDifference(IReadOnlyList<float[]> features, int[] rows, string name)
    {
        float[] first = Unit(features[rows[0]]);
        if (Array.TrueForAll(rows, r => TensorPrimitives.Distance<float>(Unit(features[r]), first) <= Rounding))
        {
            throw new ArgumentException($"{name} point all in one direction, of which nothing can be learned; expected at least 2 that differ.", name);
        }

        static float[] Unit(float[] row)
        {
            float[] unit = new float[row.Length];
            TensorPrimitives.Divide(row, TensorPrimitives.Norm<float>(row), unit);
            return unit;
        }
    }

    private static float[] WeightsOf(ClipLockedData data, List<(int Text, float Weight)>[] byImage, List<(int, float)>[] byText, float power)
    {
        float[] weights = new float[byImage.Length];
        if (data.ImageWeights is { } given && given.Count != weights.Length)
        {
            throw new ArgumentException($"{nameof(data.ImageWeights)} has {given.Count} values for {weights.Length} images.", nameof(data));
        }
        for (int i = 0; i < weights.Length; i++)
        {
            float weight = data.ImageWeights?[i] ?? 1;
            if (!(weight >= 0 && weight <= MostWeight))
            {
                throw new ArgumentException($"{nameof(data.ImageWeights)}[{i}] is {weight}; expected a number of at least 0, at most {MostWeight:G3}.", nameof(data));
            }
            weights[i] = power == 0 || byImage[i].Count == 0 ? weight : weight * MathF.Pow(byText[byImage[i].MaxBy(t => t.Weight).Text].Count, power);
            if (!(weights[i] <= MostWeight) || (weight > 0 && weights[i] == 0))
            {
                throw new ArgumentOutOfRangeException(nameof(ClipLockedTrainer.Options.ClassWeightPower), $"{nameof(ClipLockedTrainer.Options.ClassWeightPower)} is {power}, which makes the weight of image {i} {weights[i]}; expected a number nearer to 0.");
            }
        }
        return weights;
    }
}
