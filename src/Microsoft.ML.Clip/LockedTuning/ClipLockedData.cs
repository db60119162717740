using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>What <see cref="ClipLockedTrainer"/> learns from: features of images and of texts, and which texts say something of which images.</summary>
public sealed record ClipLockedData
{
    private const string Placeholder = "{}";

    /// <summary>Features of the images, as the image encoder gives them; their length does not matter.</summary>
    public required IReadOnlyList<float[]> ImageFeatures { get; init; }

    /// <summary>Features of the texts, each text once.</summary>
    public required IReadOnlyList<float[]> TextFeatures { get; init; }

    /// <summary>
    /// The relation between them. An image may have several texts, a text many images; an image without any only adds to what images are like.
    /// </summary>
    public required IReadOnlyList<ClipLockedTarget> Targets { get; init; }

    /// <summary>How much each image counts: from 0 to 10¹⁵.</summary>
    /// <value>The default, <see langword="null"/>, is 1 for each.</value>
    public IReadOnlyList<float>? ImageWeights { get; init; }

    /// <summary>The texts among which images that are held back are classified.</summary>
    /// <value>The default, <see langword="null"/>, is all that belong to one of them.</value>
    public IReadOnlyList<int>? Candidates { get; init; }

    /// <summary>Pairs of an image and a text.</summary>
    /// <param name="imageFeatures">Features of the images.</param>
    /// <param name="textFeatures">Features of the texts: text i belongs to image i. Equal ones are one text, which then has several images.</param>
    /// <exception cref="ArgumentException">There are not as many of one as of the other, or rows are not all numbers of one length.</exception>
    public static ClipLockedData OfPairs(IReadOnlyList<float[]> imageFeatures, IReadOnlyList<float[]> textFeatures)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(textFeatures);
        RequirePairs(imageFeatures.Count, textFeatures.Count, nameof(textFeatures));
        Require.NoNulls(textFeatures);
        var places = new Dictionary<float[], int>(SameValues.Instance);
        List<float[]> texts = [];
        var targets = new ClipLockedTarget[imageFeatures.Count];
        for (int i = 0; i < targets.Length; i++)
        {
            if (!places.TryGetValue(textFeatures[i], out int place))
            {
                places.Add(textFeatures[i], place = texts.Count);
                texts.Add(textFeatures[i]);
            }
            targets[i] = new(i, place);
        }
        return new() { ImageFeatures = imageFeatures, TextFeatures = texts, Targets = targets };
    }

    /// <summary>Pairs of an image and its caption.</summary>
    /// <param name="imageFeatures">Features of the images.</param>
    /// <param name="captions">The captions: caption i belongs to image i. Equal ones are one text.</param>
    /// <param name="encodeTexts">Gives the features of texts, such as <c>texts => model.EncodeTexts(texts)</c>. Called once, with each text once.</param>
    /// <exception cref="ArgumentException">There are not as many of one as of the other; a caption is empty; the encoder gives another number of rows than
    /// it was given texts.</exception>
    public static ClipLockedData OfPairs(IReadOnlyList<float[]> imageFeatures, IReadOnlyList<string> captions, Func<IReadOnlyList<string>,
        float[][]> encodeTexts)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentNullException.ThrowIfNull(encodeTexts);
        RequirePairs(imageFeatures.Count, captions.Count, nameof(captions));
        var texts = new TextList();
        var targets = captions.Select((caption, i) => new ClipLockedTarget(i, texts.Add(caption, $"{nameof(captions)}[{i}]"))).ToArray();
        return new() { ImageFeatures = imageFeatures, TextFeatures = texts.Encode(encodeTexts), Targets = targets };
    }

    /// <summary>Images with the names of their classes.</summary>
    /// <param name="imageFeatures">Features of the images.</param>
    /// <param name="classes">The class of each image, as an index of <paramref name="names"/>.</param>
    /// <param name="names">The classes.</param>
    /// <param name="encodeTexts">Gives the features of texts, such as <c>texts => model.EncodeTexts(texts)</c>. Called once, with each text once.</param>
    /// <param name="templates">Sentences for names, with <c>{}</c> where the name goes; a name's features are the mean of theirs. <see langword="null"/> for <c>a photo of a
    /// {}.</c></param>
    /// <exception cref="ArgumentException">There are not as many classes as images; a class is none of the names, or a name empty; a template has no place
    /// for the name; a weight is not above 0; the encoder gives another number of rows than it was given texts.</exception>
    public static ClipLockedData OfClasses(IReadOnlyList<float[]> imageFeatures, IReadOnlyList<int> classes, IReadOnlyList<ClipLockedClass> names,
        Func<IReadOnlyList<string>, float[][]> encodeTexts, IReadOnlyList<string>? templates = null)
    {
        ArgumentNullException.ThrowIfNull(imageFeatures);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(encodeTexts);
        Require.NoNulls(names);
        RequirePairs(imageFeatures.Count, classes.Count, nameof(classes));
        templates ??= [$"a photo of a {Placeholder}."];
        Require.NoNulls(templates);
        if (templates.Count == 0 || templates.Any(t => !t.Contains(Placeholder, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"Each template needs {Placeholder} where the name goes{(templates.Count == 0 ? "; there is none" : $", which '{templates
                .First(t => !t.Contains(Placeholder, StringComparison.Ordinal))}' has not")}.", nameof(templates));
        }
        var texts = new TextList { Templates = templates };
        var relations = names.Select((name, c) => Relation(texts, name, $"{nameof(names)}[{c}]")).ToArray();
        List<ClipLockedTarget> targets = [];
        for (int i = 0; i < classes.Count; i++)
        {
            if ((uint)classes[i] >= (uint)relations.Length)
            {
                throw new ArgumentException($"{nameof(classes)}[{i}] is {classes[i]}; expected the index of one of the {relations.Length} names.", nameof(classes));
            }
            targets.AddRange(relations[classes[i]].Select(r => new ClipLockedTarget(i, r.Text, r.Weight)));
        }
        int[] candidates = [.. classes.Distinct().Order().Select(c => relations[c][0].Text).Distinct()];
        return new() { ImageFeatures = imageFeatures, TextFeatures = texts.Encode(encodeTexts), Targets = targets, Candidates = candidates };
    }

    private static List<(int Text, float Weight)> Relation(TextList texts, ClipLockedClass name, string place)
    {
        List<(int Text, float Weight)> relation = [(texts.AddName(name.Name, $"{place}.{nameof(ClipLockedClass.Name)}"), 1)];
        if (name.Others is null)
        {
            throw new ArgumentException($"{place}.{nameof(ClipLockedClass.Others)} is null; expected a list, which may be empty.", nameof(name));
        }
        for (int i = 0; i < name.Others.Count; i++)
        {
            var other = name.Others[i];
            string at = $"{place}.{nameof(ClipLockedClass.Others)}[{i}]";
            if (!(other.Weight > 0 && float.IsFinite(other.Weight)))
            {
                throw new ArgumentException($"{at}.{nameof(ClipLockedText.Weight)} is {other.Weight}; expected a number above 0.", nameof(name));
            }
            int text = other.IsSentence ? texts.Add(other.Text, at) : texts.AddName(other.Text, at);
            int known = relation.FindIndex(r => r.Text == text);
            if (known < 0)
            {
                relation.Add((text, other.Weight));
            }
            else
            {
                relation[known] = (text, Math.Max(relation[known].Weight, other.Weight));
            }
        }
        return relation;
    }

    private static void RequirePairs(int images, int others, string name)
    {
        if (images != others)
        {
            throw new ArgumentException($"There are {images} images, but {name} has {others}; expected one for each image.", name);
        }
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);

    private sealed class SameValues : IEqualityComparer<float[]>
    {
        public static readonly SameValues Instance = new();

        public bool Equals(float[]? x, float[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(float[] row)
        {
            var hash = new HashCode();
            foreach (float value in row)
            {
                hash.Add(value);
            }
            return hash.ToHashCode();
        }
    }
}
