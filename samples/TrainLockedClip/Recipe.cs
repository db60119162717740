using Microsoft.ML.Clip;

namespace TrainLockedClip;

/// <summary>How much of what the head is fitted to. Settings were chosen on the development classes of <see cref="Split"/>, see the model's card.</summary>
internal sealed record Recipe
{
    /// <summary>Images of each class of Tiny ImageNet, and of CIFAR-10.</summary>
    public const int TinyPerClass = 200, CifarPerClass = 5000;

    /// <summary>Looks at each photograph, beside itself.</summary>
    public static readonly string[] Views = ["mirrored", "left", "64"];

    /// <summary>How much a synonym counts, where a class's name counts 1.</summary>
    public float Synonym { get; init; } = 0.5f;

    /// <summary>How much the name of what it is a kind of counts.</summary>
    public float Kind { get; init; } = 1;

    /// <summary>By what that shrinks with each further step: a cat is a feline, a carnivore, a mammal, ...</summary>
    public float KindDecay { get; init; } = 0.8f;

    /// <summary>How much what the dictionary says of it counts. 0 leaves it out, and makes the head a third smaller.</summary>
    public float Gloss { get; init; }

    /// <summary>How many usual words get a place beside what is like them in WordNet, without an image of their own: see <see cref="Relatives"/>.</summary>
    public int WordsWithoutImages { get; init; } = 1500;

    /// <summary>Whether the names of classes that are left out are among those words.</summary>
    public bool NamesOfLeftOut { get; init; } = true;

    /// <summary>How much one look at a photograph counts, where a small image of the other sets counts 1.</summary>
    public float Photograph { get; init; } = 3;

    /// <summary>How much an image of CIFAR-10 counts.</summary>
    public float Cifar { get; init; } = 1.25f;

    /// <summary>Which classes are left out while settings are chosen; see <see cref="Split"/>.</summary>
    public int Fold { get; init; }

    public ClipLockedTrainer.Options Options { get; init; } = new()
    {
        Method = ClipLockedMethod.Kernel,
        Sharpness = 8,
        ImageRegularization = 0.03f,
        TextRegularization = 0.05f,
        // Small images and photographs do not share one linear map.
        ImageHiddenUnits = 768,
        ImageWhitening = 1,
        // As many as leave the file below 5 MB.
        EmbeddingDimension = 464,
        // Else a dog is what the many small images of CIFAR-10 are that are called so, instead of what all breeds are.
        EqualTexts = true,
        // The logit scale is fitted on classes that were left out, see Training.
        HeldBackShare = 0,
    };
}
