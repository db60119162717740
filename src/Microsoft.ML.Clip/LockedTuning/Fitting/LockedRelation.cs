namespace Microsoft.ML.Clip;

/// <summary>The relation of images and texts, checked, by image and by text, with what each image counts.</summary>
internal sealed class LockedRelation
{
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
            if ((uint)image >= (uint)images || (uint)text >= (uint)texts || !(weight > 0 && float.IsFinite(weight)))
            {
                throw new ArgumentException($"{nameof(data.Targets)}[{n}] is image {image}, text {text}, weight {weight}; expected one of {images} images, one of {texts} texts, and a weight above 0.", nameof(data));
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
        return relation.Weights.Count(w => w > 0) >= 2 ? relation
            : throw new ArgumentException($"{nameof(data.ImageWeights)} leaves fewer than 2 images above 0.", nameof(data));
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
            if (!(weight >= 0 && float.IsFinite(weight)))
            {
                throw new ArgumentException($"{nameof(data.ImageWeights)}[{i}] is {weight}; expected a number of at least 0.", nameof(data));
            }
            weights[i] = power == 0 || byImage[i].Count == 0 ? weight : weight * MathF.Pow(byText[byImage[i].MaxBy(t => t.Weight).Text].Count, power);
        }
        return weights;
    }
}
