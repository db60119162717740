namespace Microsoft.ML.Clip;

/// <summary>Where rows come from: files in an order, and the rows of each of them.</summary>
/// <remarks>Immutable; several may be read from at the same time.</remarks>
internal interface IShardInput
{
    /// <summary>Whether rows are paths of image files; if not, they are bytes. All rows of an input are of one kind.</summary>
    bool HasPaths { get; }

    /// <summary>
    /// The files, in the order of their rows, which is the same at each call on whatever machine (ordinal, by name). They are enumerated and not held: there
    /// may be many millions. Called when a plan is made.
    /// </summary>
    /// <exception cref="ClipShardException">There is none, or one cannot be read; the message names it. Its problem is <see cref="ClipShardProblem.Input"/>.</exception>
    IEnumerable<ShardInputFile> List(CancellationToken cancellation);

    /// <summary>
    /// The file as it is now, to be compared with what the plan says of it: its length and time are asked of the system; rows, key and caption are the given
    /// ones.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file any more. One that was missing in the plan, and is, comes back as it was.</exception>
    ShardInputFile Look(ShardInputFile planned);

    /// <summary>Rows of one file, in order: always <paramref name="count"/> of them, one that cannot be read with its <see cref="ShardRow.Error"/>.</summary>
    /// <param name="file">A file as <see cref="List"/> gave it, out of the plan.</param>
    /// <param name="first">The first row, from 0.</param>
    /// <param name="count">How many, all of them there by the plan.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    /// <exception cref="ClipShardException">The file as a whole cannot be read, or has not the rows of the plan.</exception>
    IEnumerable<ShardRow> Read(ShardInputFile file, long first, long count, CancellationToken cancellation);
}

/// <summary>A file of the inputs. Where each row is a file, it carries what else is known of the row.</summary>
/// <param name="Name">Its path relative to the inputs' folder, with forward slashes; never one that leads out of it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">When it was last written, in milliseconds since 1970, UTC; cut, not rounded.</param>
/// <param name="Rows">How many rows it has; 0 for a file that is needed and has none, such as COCO's JSON.</param>
/// <param name="Caption">The caption of the only row, where the list and not the file says it.</param>
/// <param name="Marks">
/// Where in a long file rows begin, so that those in the middle need not be looked for from its start: of a tar, the bytes before row 16,384, before row 32,768
/// and so on; <see langword="null"/> where there is none. A file is read without them as well.
/// </param>
/// <remarks>An image that was not there when the plan was made has a length of <see cref="Missing"/> and is a row that failed.</remarks>
internal sealed record ShardInputFile(string Name, long Length, long Modified, long Rows, string? Caption = null, IReadOnlyList<long>? Marks = null)
{
    public const long Missing = -1;
}

/// <summary>A row: an image by path or by bytes, or why there is none.</summary>
/// <param name="Key">What names it in the results: the path relative to the inputs' folder, or the key within a tar or a Parquet file.</param>
/// <param name="Path">The image's file; <see langword="null"/> where it is <paramref name="Bytes"/>.</param>
/// <param name="Bytes">The image's bytes, valid for good (each row has its own).</param>
/// <param name="Caption">Its text, if there is one.</param>
/// <param name="Error">Why it has no image; <see langword="null"/> if it has one.</param>
internal sealed record ShardRow(string Key, string? Path, ReadOnlyMemory<byte> Bytes, string? Caption, string? Error);
