namespace Microsoft.ML.Clip;

public sealed partial class ClipDataSet
{
    /// <summary>A data set by its id on a hub; what is not cached is downloaded first, verified, and kept for all processes.</summary>
    /// <param name="id">
    /// The repository, with or without <c>datasets/</c>: one in CLIP_benchmark's layout, such as <c>clip-benchmark/wds_vtab-cifar10</c>
    /// (<see cref="FromWebDataset"/>), or one of Parquet files (<see cref="FromParquet"/>). Whose data that is, and under which licence, its page says.
    /// </param>
    /// <param name="split">The split, as its files are named: <c>test</c>, <c>train</c>, <c>validation</c>. Only its files come.</param>
    /// <param name="hub">Where from and where to, or <see langword="null"/> for the environment's choices.</param>
    /// <param name="folder">Of Parquet files, the folder of the configuration where there are several; <see langword="null"/> if there is one.</param>
    /// <param name="imageColumn">Of Parquet files, as in <see cref="FromParquet"/>.</param>
    /// <param name="labelColumn">Of Parquet files, as in <see cref="FromParquet"/>.</param>
    /// <param name="classNames">Other names for the classes; <see langword="null"/> for those of the set.</param>
    /// <param name="cancellationToken">Ends the download; what has come is kept.</param>
    /// <returns>The set. It reads from the cache, whose files have to stay as long.</returns>
    /// <exception cref="ArgumentException"><paramref name="id"/> is no id, or <paramref name="split"/> no name.</exception>
    /// <exception cref="ClipHubException">The files cannot be had; the message says why and what to do.</exception>
    /// <exception cref="InvalidDataException">The repository has another layout, or no such split, or a file is not what it should be; the message names it.</exception>
    /// <exception cref="IOException">A file of the cache cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The download was cancelled.</exception>
    public static ClipDataSet FromHub(string id, string split = "test", ClipHubOptions? hub = null, string? folder = null, string? imageColumn = null,
        string? labelColumn = null, IReadOnlyList<string>? classNames = null, CancellationToken cancellationToken = default) =>
        FromHubAsync(id, split, hub, folder, imageColumn, labelColumn, classNames, cancellationToken).GetAwaiter().GetResult();

    /// <summary><see cref="FromHub"/>, without waiting.</summary>
    /// <inheritdoc cref="FromHub"/>
    public static Task<ClipDataSet> FromHubAsync(string id, string split = "test", ClipHubOptions? hub = null, string? folder = null, string? imageColumn = null,
        string? labelColumn = null, IReadOnlyList<string>? classNames = null, CancellationToken cancellationToken = default) =>
        HubSet.OpenAsync(id, split, new ClipHub(hub), folder, imageColumn, labelColumn, classNames, cancellationToken);
}
