namespace Microsoft.ML.Clip;

/// <summary>An image of a <see cref="ClipDataSet"/> and its class. Immutable.</summary>
public sealed class ClipDataSetRow
{
    /// <summary>An image in a file.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="path">The file.</param>
    /// <param name="label">The class, by its place in <see cref="ClipDataSet.ClassNames"/>.</param>
    public ClipDataSetRow(string name, string path, int label)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(path);
        (Name, Path, Label) = (name, path, label);
    }

    /// <summary>An image as the bytes of a file.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="encoded">The bytes: JPEG, PNG, GIF, WebP, BMP or ICO. They are referred to, not copied.</param>
    /// <param name="label">The class, by its place in <see cref="ClipDataSet.ClassNames"/>.</param>
    public ClipDataSetRow(string name, ReadOnlyMemory<byte> encoded, int label)
    {
        ArgumentNullException.ThrowIfNull(name);
        (Name, Encoded, Label) = (name, encoded, label);
    }

    /// <summary>What messages call it: the file, the entry of an archive, or the file and the place in it, counted from 0.</summary>
    public string Name { get; }

    /// <summary>The class, by its place in <see cref="ClipDataSet.ClassNames"/>.</summary>
    public int Label { get; }

    /// <summary>The file; <see langword="null"/> where the image lies within another file.</summary>
    public string? Path { get; }

    /// <summary>The bytes of a file; empty where <see cref="Path"/> is set.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The image, as <see cref="ClipModel"/> takes it.</summary>
    public ClipImageSource Image => Path is null ? ClipImageSource.FromEncoded(Encoded) : ClipImageSource.FromFile(Path);

    /// <summary>The name and the label.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Label}");
}
