namespace Microsoft.ML.Clip;

/// <summary>
/// What is to be embedded: images of a folder, of a list, of tar files, of Parquet files, of COCO's JSON. Immutable; nothing is read before a plan is made, and
/// a plan keeps what was found, so that workers need neither the list nor the JSON again.
/// </summary>
public sealed class ClipShardInputs
{
    private const string FolderKind = "folder", ListKind = "list", TarKind = "tar", ParquetKind = "parquet", CocoKind = "coco";
    private const string Image = "image", Caption = "caption", Images = "images";

    private readonly Func<string, IReadOnlyDictionary<string, string>, IShardInput> _open;

    private ClipShardInputs(string kind, string location, IReadOnlyDictionary<string, string> settings,
        Func<string, IReadOnlyDictionary<string, string>, IShardInput> open)
    {
        (Kind, Location, Settings, _open) = (kind, Path.GetFullPath(location), settings, open);
    }

    /// <summary>The kind, as plans name it: <c>folder</c>, <c>list</c>, <c>tar</c>, <c>parquet</c> or <c>coco</c>.</summary>
    public string Kind { get; }

    /// <summary>The folder that the names of a plan are relative to, as a full path.</summary>
    public string Location { get; }

    /// <summary>What else a worker needs to open it again, as a plan keeps it: names of columns, a folder of images. Few and short.</summary>
    internal IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>
    /// The images of a folder and of all folders in it, by their endings (those of formats that the library decodes), in ordinal order of their paths. Files
    /// and folders whose names begin with a dot are left out; a link to a file is that file, and a link to a folder is an error, as it may lead round.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <returns>The inputs: a row for each image, without captions.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    public static ClipShardInputs Folder(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new(FolderKind, path, NoSettings, (root, _) => new PathInput(root, c => FolderFiles.List(root, c)));
    }

    /// <summary>The images that a text file names, a path in each line, in the order of the lines. Empty lines are no rows.</summary>
    /// <param name="file">The text file, UTF-8.</param>
    /// <param name="folder">
    /// The folder that the paths are relative to, and that none of them, relative or full, may lead out of; that of the text file if it is left out.
    /// </param>
    /// <returns>The inputs: a row for each path, without captions. A path at which no file is becomes a row that failed.</returns>
    /// <exception cref="ArgumentException"><paramref name="file"/> is empty.</exception>
    public static ClipShardInputs List(string file, string? folder = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        string full = Path.GetFullPath(file);
        return new(ListKind, folder ?? Path.GetDirectoryName(full)!, NoSettings, (root, _) => new PathInput(root, c => ListedFiles.List(full, root, c)));
    }

    /// <summary>Tar files as webdataset and img2dataset write them; see <see cref="Tars(IEnumerable{string})"/>.</summary>
    /// <param name="pattern">
    /// One path, or several by <c>{00000..00041}</c> or <c>{a,b}</c> anywhere in it, in the order in which they are named, and by <c>*</c> and <c>?</c> in the
    /// names of files (not of folders), in ordinal order.
    /// </param>
    /// <returns>The inputs.</returns>
    /// <exception cref="ArgumentException"><paramref name="pattern"/> is empty, or stands for more than a million paths.</exception>
    public static ClipShardInputs Tars(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        string[] files = FilePattern.Expand(pattern);
        return new(TarKind, FilePattern.CommonFolder(files), NoSettings, (root, _) => new TarInput(root, () => FilePattern.Find(files)));
    }

    /// <summary>
    /// Tar files as webdataset and img2dataset write them: a row is the files that follow each other with one key, which is their path up to the first dot of
    /// the file name; what follows is the kind, in any case: one of the library's image formats, and <c>txt</c>, the caption. Others are passed over, as are
    /// entries that are no files. A row without an image, with two or with one that is longer than 256 MB is a row that failed.
    /// </summary>
    /// <param name="files">The tar files, not compressed, in the order of their rows.</param>
    /// <returns>The inputs.</returns>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ClipShardInputs Tars(IEnumerable<string> files)
    {
        string[] paths = Paths(files);
        return new(TarKind, FilePattern.CommonFolder(paths), NoSettings, (root, _) => new TarInput(root, () => paths));
    }

    /// <summary>Parquet files with images in a column, or with paths of images.</summary>
    /// <param name="files">The files, in the order of their rows; packed by nothing, Snappy, gzip or Brotli.</param>
    /// <param name="imageColumn">
    /// The column of the images, with dots between the names of groups: bytes, or a group of <c>bytes</c> and <c>path</c>, as Hugging Face's hub has it.
    /// </param>
    /// <param name="captionColumn">The column of the captions, if there is one.</param>
    /// <param name="imageFolder">If it is given, the image column holds paths relative to this folder, and none may lead out of it.</param>
    /// <returns>The inputs. A row without an image, or whose path leads to no file, is a row that failed.</returns>
    /// <exception cref="ArgumentException">There is no file, or a name is empty.</exception>
    public static ClipShardInputs Parquet(IEnumerable<string> files, string imageColumn = Image, string? captionColumn = null, string? imageFolder = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(imageColumn);
        string[] paths = Paths(files);
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Image] = imageColumn };
        if (captionColumn is not null)
        {
            settings[Caption] = captionColumn;
        }
        if (imageFolder is not null)
        {
            settings[Images] = Path.GetFullPath(imageFolder);
        }
        return new(ParquetKind, FilePattern.CommonFolder(paths), settings, (root, s) => OpenParquet(root, s, () => paths));
    }

    /// <summary>
    /// COCO's captions: the images in the order of the JSON file's list <c>images</c>, each with the first of its captions in <c>annotations</c>.
    /// </summary>
    /// <param name="json">The JSON file, at most 1 GB; it is in memory while a plan is made.</param>
    /// <param name="imageFolder">The folder of the images.</param>
    /// <returns>The inputs. An image that is not in the folder is a row that failed; one without a caption has none.</returns>
    /// <exception cref="ArgumentException">A path is empty.</exception>
    public static ClipShardInputs Coco(string json, string imageFolder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(json);
        ArgumentException.ThrowIfNullOrWhiteSpace(imageFolder);
        string full = Path.GetFullPath(json);
        return new(CocoKind, imageFolder, NoSettings, (root, _) => new PathInput(root, c => CocoFiles.List(full, root, c)));
    }

    /// <summary>The inputs of a plan. Its files are the plan's: they cannot be listed again, but for those of a folder.</summary>
    /// <exception cref="ClipShardException">There is no such kind, or a setting is missing; the problem is <see cref="ClipShardProblem.Plan"/>.</exception>
    internal static ClipShardInputs FromPlan(string kind, string location, IReadOnlyDictionary<string, string> settings) => kind switch
    {
        FolderKind => Folder(location),
        ListKind or CocoKind => new(kind, location, settings, (root, _) => new PathInput(root, _ => throw NotListed())),
        TarKind => new(kind, location, settings, (root, _) => new TarInput(root, () => throw NotListed())),
        ParquetKind when settings.ContainsKey(Image) => new(kind, location, settings, (root, s) => OpenParquet(root, s, () => throw NotListed())),
        ParquetKind => throw new ClipShardException(ClipShardProblem.Plan, $"The plan's inputs are Parquet files, and it does not say which column has the images, '{Image}'."),
        _ => throw new ClipShardException(ClipShardProblem.Plan,
            $"The plan's inputs are of kind '{kind}'; expected {FolderKind}, {ListKind}, {TarKind}, {ParquetKind} or {CocoKind}."),
    };

    internal IShardInput Open() => _open(Location, Settings);

    private static IReadOnlyDictionary<string, string> NoSettings => new Dictionary<string, string>();

    private static ParquetInput OpenParquet(string root, IReadOnlyDictionary<string, string> settings, Func<IEnumerable<string>> paths) =>
        new(root, paths, settings[Image], settings.GetValueOrDefault(Caption), settings.GetValueOrDefault(Images));

    private static InvalidOperationException NotListed() => new("The files of a plan's inputs are those of the plan.");

    private static string[] Paths(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        string[] paths = [.. files.Select(f => Path.GetFullPath(f))];
        return paths.Length > 0 ? paths : throw new ArgumentException("There is no file; expected one at least.", nameof(files));
    }
}
