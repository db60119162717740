namespace Microsoft.ML.Clip;

/// <summary>Images with captions, as <see cref="ClipRetrieval"/> measures them. Every image is there and has a caption. Immutable.</summary>
/// <remarks>Published figures are those of certain splits, most of them Karpathy's; on a whole set recall is much lower.</remarks>
public sealed class ClipCaptionSet
{
    /// <summary>A set of one's own.</summary>
    /// <param name="name">The name of the set.</param>
    /// <param name="images">The files of the images; they have to differ.</param>
    /// <param name="captions">The captions.</param>
    /// <param name="imageOfText">For each caption the place of its image.</param>
    /// <exception cref="ArgumentException">There is not a place for each caption, one is no image's, an image has no caption or comes twice.</exception>
    public ClipCaptionSet(string name, IReadOnlyList<string> images, IReadOnlyList<string> captions, IReadOnlyList<int> imageOfText)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentNullException.ThrowIfNull(imageOfText);
        if (captions.Count != imageOfText.Count || captions.Count == 0)
        {
            throw new ArgumentException($"'{name}' has {captions.Count} captions and {imageOfText.Count} places of their images; expected as many, and at least one.", nameof(imageOfText));
        }
        bool[] hasCaption = new bool[images.Count];
        for (int i = 0; i < imageOfText.Count; i++)
        {
            if ((uint)imageOfText[i] >= (uint)images.Count)
            {
                throw new ArgumentException($"Caption {i} (counted from 0) of '{name}' belongs to image {imageOfText[i]}; there are {images.Count}.", nameof(imageOfText));
            }
            hasCaption[imageOfText[i]] = true;
        }
        if (Array.IndexOf(hasCaption, false) is >= 0 and var without)
        {
            throw new ArgumentException($"Image {without} (counted from 0) of '{name}', '{images[without]}', has no caption; {hasCaption.Count(h => !h)} have none.", nameof(imageOfText));
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (images.FirstOrDefault(i => !seen.Add(i)) is { } twice)
        {
            throw new ArgumentException($"'{name}' has the image '{twice}' twice.", nameof(images));
        }
        (Name, Images, Captions, ImageOfText) = (name, [.. images], [.. captions], [.. imageOfText]);
    }

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The files of the images.</summary>
    public IReadOnlyList<string> Images { get; }

    /// <summary>The captions.</summary>
    public IReadOnlyList<string> Captions { get; }

    /// <summary>For each caption the place of its image in <see cref="Images"/>.</summary>
    public IReadOnlyList<int> ImageOfText { get; }

    /// <summary>COCO's captions (<c>captions_val2017.json</c>).</summary>
    /// <param name="annotationsFile">The file.</param>
    /// <param name="imageFolder">The folder that the names of the images lead into.</param>
    /// <returns>The set: images in the order of the file, captions in theirs.</returns>
    /// <exception cref="IOException">A file or folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is cut short or of another kind, has no images, one twice, one that is not in the folder or has no caption, or a caption of none; the
    /// message names the file and the entry.
    /// </exception>
    public static ClipCaptionSet FromCoco(string annotationsFile, string imageFolder) => CocoFile.Captions(annotationsFile, imageFolder);

    /// <summary>Flickr's captions as a table (<c>captions.txt</c>): a head, <c>image,caption</c>, and a line for each caption.</summary>
    /// <param name="captionsFile">The file. A caption is the rest of its line, commas and all; if it is in quotes as a whole, they are taken off.</param>
    /// <param name="imageFolder">The folder of the images.</param>
    /// <returns>The set: images in the order in which they come first.</returns>
    /// <exception cref="IOException">A file or folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is none of a caption, or its image is not there; the message names the file and the line.</exception>
    public static ClipCaptionSet FromFlickr(string captionsFile, string imageFolder) => CaptionFiles.Flickr(captionsFile, imageFolder);

    /// <summary>Karpathy's splits of Flickr8k, Flickr30k and COCO (<c>dataset_flickr30k.json</c>).</summary>
    /// <param name="splitsFile">The file.</param>
    /// <param name="imageFolder">The folder of the images; those of COCO lie in folders below it, as the file says.</param>
    /// <param name="split"><c>test</c>, <c>val</c>, <c>train</c>, or COCO's <c>restval</c>.</param>
    /// <returns>The set: images and captions in the order of the file.</returns>
    /// <exception cref="IOException">A file or folder cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is cut short or of another kind, has no such split, an image twice, or one that is not there or has no caption; the message names it.
    /// </exception>
    public static ClipCaptionSet FromKarpathy(string splitsFile, string imageFolder, string split = "test") =>
        CaptionFiles.Karpathy(splitsFile, imageFolder, split);

    /// <summary>The set with no more than so many captions of each image, its first: five make COCO's 25,010 the 25,000 of most papers.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>The smaller set.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public ClipCaptionSet TakePerImage(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int[] taken = new int[Images.Count];
        int[] kept = [.. Enumerable.Range(0, Captions.Count).Where(i => taken[ImageOfText[i]]++ < count)];
        return new ClipCaptionSet(Name, Images, [.. kept.Select(i => Captions[i])], [.. kept.Select(i => ImageOfText[i])]);
    }

    /// <summary>The name and the counts.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Images.Count} images, {Captions.Count} captions");
}
