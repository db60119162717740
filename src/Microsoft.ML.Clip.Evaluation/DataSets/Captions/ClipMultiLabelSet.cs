namespace Microsoft.ML.Clip;

/// <summary>Images with any number of classes each, for average precision per class (<see cref="ClipRankingMetrics"/>). Immutable.</summary>
public sealed class ClipMultiLabelSet
{
    internal ClipMultiLabelSet(string name, string[] classNames, string[] images, IReadOnlyList<int>[] labels) =>
        (Name, ClassNames, Images, Labels) = (name, classNames, images, labels);

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The files of the images.</summary>
    public IReadOnlyList<string> Images { get; }

    /// <summary>For each image the places of its classes in <see cref="ClassNames"/>, ascending, each once; none where nothing is marked in it.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Labels { get; }

    /// <summary>COCO's instances (<c>instances_val2017.json</c>): an image has the classes of the things marked in it.</summary>
    /// <param name="annotationsFile">The file.</param>
    /// <param name="imageFolder">The folder that the names of the images lead into.</param>
    /// <returns>The set: images in the order of the file, classes in the order of its categories.</returns>
    /// <exception cref="IOException">A file or folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is cut short or of another kind, has no images or categories, one twice, an image that is not in the folder, or an annotation of none;
    /// the message names the file and the entry.
    /// </exception>
    public static ClipMultiLabelSet FromCoco(string annotationsFile, string imageFolder) => CocoFile.Instances(annotationsFile, imageFolder);

    /// <summary>The name and the counts.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Images.Count} images, {ClassNames.Count} classes");
}
