namespace Microsoft.ML.Clip;

/// <summary>Images with any number of classes each, for average precision per class (<see cref="ClipRankingMetrics"/>). Immutable.</summary>
public sealed class ClipMultiLabelSet
{
    internal ClipMultiLabelSet(string name, string[] classNames, string[] images, IReadOnlyList<int>[] labels, IReadOnlyList<int>[]? difficult = null)
    {
        (Name, ClassNames, Images, Labels) = (name, classNames, images, labels);
        Difficult = difficult ?? [.. images.Select(_ => (IReadOnlyList<int>)[])];
    }

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The files of the images.</summary>
    public IReadOnlyList<string> Images { get; }

    /// <summary>For each image the places of its classes in <see cref="ClassNames"/>, ascending, each once; none where nothing is marked in it.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Labels { get; }

    /// <summary>
    /// For each image the places of the classes that are in it, but hard to see: it counts neither for nor against them, and is left out when one of them is
    /// measured. Only VOC has such marks.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> Difficult { get; }

    /// <summary>
    /// PASCAL VOC's classification: <c>ImageSets/Main/CLASS_SPLIT.txt</c>, a line for each image with 1, -1 or, for difficult, 0; <c>JPEGImages</c>.
    /// </summary>
    /// <param name="folder">The folder of a year, <c>VOCdevkit/VOC2007</c>.</param>
    /// <param name="split"><c>test</c>, <c>trainval</c>, <c>train</c> or <c>val</c>.</param>
    /// <returns>The set: images in the order of the lists, classes in the ordinal order of their names.</returns>
    /// <exception cref="IOException">A file or folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">There are no such lists, they do not go together, or an image is missing; the message names the file and the line.</exception>
    /// <exception cref="ArgumentException">The split is no name.</exception>
    public static ClipMultiLabelSet FromVoc(string folder, string split = "test") => VocFiles.Read(folder, split);

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
