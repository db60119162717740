namespace Microsoft.ML.Clip;

/// <summary>
/// Images with a class each, read from the form in which data sets are published; see the static methods. Nothing is decoded and no more than a row is held
/// in memory, except of pickles, which are read file by file. Thread-safe, as every reading opens the files anew.
/// </summary>
/// <remarks>
/// <para>What is wrong with a set is an <see cref="InvalidDataException"/> that names the file, and the row where it is one, with what was expected and what
/// was found: at once, where it can be seen without reading the whole set, otherwise when the row comes. No row is left out.</para>
/// <para>Whether an image can be decoded shows when it is encoded; the row's name says which it is, and the other rows are not touched by it.</para>
/// <para>Classes are known by their place: names may be the same, as two pairs of ImageNet's are. Whether names stand in the order of the labels, no
/// program can see; <see cref="Summarize"/> gives an example of each class for somebody to look at.</para>
/// </remarks>
public sealed partial class ClipDataSet
{
    private readonly Func<IEnumerable<ClipDataSetRow>> _read;

    /// <summary>A data set from a source of one's own.</summary>
    /// <param name="name">The name of the set.</param>
    /// <param name="classNames">The names of the classes, at least two.</param>
    /// <param name="imagesAreFiles">Whether every row has a <see cref="ClipDataSetRow.Path"/>; otherwise every row has its bytes.</param>
    /// <param name="read">Gives the rows, from the first on with each enumeration.</param>
    /// <exception cref="ArgumentException">There are fewer than two classes, or one has no name.</exception>
    public ClipDataSet(string name, IReadOnlyList<string> classNames, bool imagesAreFiles, Func<IEnumerable<ClipDataSetRow>> read)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(read);
        if (classNames.Count < 2)
        {
            throw new ArgumentException($"'{name}' has {classNames.Count} classes; expected at least two, as there is nothing to tell apart otherwise.", nameof(classNames));
        }
        for (int i = 0; i < classNames.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(classNames[i]))
            {
                throw new ArgumentException($"Class {i} (counted from 0) of '{name}' has no name.", nameof(classNames));
            }
        }
        (Name, ClassNames, ImagesAreFiles, _read) = (name, [.. classNames], imagesAreFiles, read);
    }

    /// <summary>The name of the set.</summary>
    public string Name { get; }

    /// <summary>The names of the classes, in the order of the labels. They need not differ.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether every row has a <see cref="ClipDataSetRow.Path"/>; otherwise every row has its bytes.</summary>
    public bool ImagesAreFiles { get; }

    /// <summary>How many rows there are, where the format tells without reading them; otherwise <see langword="null"/>.</summary>
    public long? Count { get; init; }

    /// <summary>Prompt templates that the set brings along, with <c>{}</c> for the class name; <see langword="null"/> if it has none.</summary>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>Files that lie among the images and are none by their name, relative to the set's folder. Hidden files are not listed.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>Reads the rows, lazily; each enumeration starts anew.</summary>
    /// <returns>The rows, in an order that is always the same.</returns>
    /// <exception cref="InvalidDataException">Something does not fit; the message names the file and the row. Thrown while enumerating.</exception>
    /// <exception cref="IOException">A file cannot be read. Thrown while enumerating.</exception>
    public IEnumerable<ClipDataSetRow> Read()
    {
        long count = 0;
        foreach (var row in _read())
        {
            if ((uint)row.Label >= (uint)ClassNames.Count)
            {
                throw new InvalidDataException(FormattableString.Invariant($"Row {count} (counted from 0) of '{Name}', '{row.Name}', has the label {row.Label}; expected 0 to {ClassNames.Count - 1}, a place among the {ClassNames.Count} class names."));
            }
            if (ImagesAreFiles != row.Path is not null)
            {
                throw new InvalidDataException($"Row {count} (counted from 0) of '{Name}', '{row.Name}', is {(ImagesAreFiles ? "bytes; expected a file" : "a file; expected bytes")}, as the set says of its images.");
            }
            count++;
            yield return row;
        }
        if (Count is { } expected && count != expected)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{Name}' ended after {count} rows; expected {expected}."));
        }
    }

    /// <summary>Reads the whole set, without decoding an image, and counts what it has of each class.</summary>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <returns>The counts, with an example of each class.</returns>
    /// <exception cref="InvalidDataException">Something does not fit; the message names the file and the row.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ClipDataSetSummary Summarize(CancellationToken cancellationToken = default)
    {
        long[] counts = new long[ClassNames.Count];
        string?[] examples = new string?[ClassNames.Count];
        foreach (var row in Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            counts[row.Label]++;
            examples[row.Label] ??= row.Name;
        }
        return new ClipDataSetSummary
        {
            Name = Name,
            Rows = counts.Sum(),
            Skipped = Skipped.Count,
            Classes = [.. ClassNames.Select((name, i) => new ClipDataSetClass(name, counts[i], examples[i]))],
        };
    }

    /// <summary>The name and the number of classes.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => FormattableString.Invariant($"{Name}: {ClassNames.Count} classes{(Count is { } count ? $", {count} images" : "")}");
}
