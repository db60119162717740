using System.Globalization;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip;

/// <summary>
/// The folder of one repository in the cache, in the layout that Hugging Face's Python library has (hub-docs, docs/hub/local-cache.md): <c>blobs/HASH</c>,
/// <c>snapshots/COMMIT/NAME</c> as relative links to them, <c>refs/REVISION</c>, <c>trees/COMMIT.json</c>. Any number of processes may use it at once.
/// </summary>
/// <param name="root">The folder of the cache.</param>
/// <param name="repository">Whose folder it is.</param>
/// <param name="usesLinks">Whether to try links; without them a file is moved to its name, and blobs stay empty.</param>
internal sealed class HubCache(string root, HubRepository repository, bool usesLinks)
{
    private const string Incomplete = ".incomplete";

    // As Python's library writes it (_local_folder.py).
    private const string CacheTag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by huggingface_hub.\n"
        + "# For information about cache directory tags, see:\n#\thttps://bford.info/cachedir/\n";

    // What a file that another process has locked gives: EAGAIN on Linux, EWOULDBLOCK on macOS, sharing and lock violations on Windows.
    private static readonly int[] Locked = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);

    public string Root => root;

    public string Folder { get; } = Path.Combine(root, repository.FolderName);

    private string Blobs => Path.Combine(Folder, "blobs");

    private string Locks => Path.Combine(root, ".locks", repository.FolderName);

    public string Snapshots => Path.Combine(Folder, "snapshots");

    public string Refs => Path.Combine(Folder, "refs");

    public string Snapshot(string commit) => Path.Combine(Snapshots, commit);

    public string PathOf(string commit, string name) => Path.Combine(Snapshot(commit), name.Replace('/', Path.DirectorySeparatorChar));

    private string BlobOf(HubFile file) => Path.Combine(Blobs, file.Etag);

    private string RefOf(string revision) => Path.Combine(Refs, revision.Replace('/', Path.DirectorySeparatorChar));

    public string TreeOf(string commit) => Path.Combine(Folder, "trees", commit + ".json");

    /// <summary>The commit that a branch or tag was when it was last asked for; null if it never was.</summary>
    public string? ReadRef(string revision)
    {
        string path = RefOf(revision);
        return File.Exists(path) && File.ReadAllText(path).Trim() is var commit && HubRepository.IsCommit(commit) ? commit : null;
    }

    /// <summary>Remembers a branch's commit; without a line's end, which Python's library would take for a part of it.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (ReadRef(revision) != commit)
        {
            WriteWhole(RefOf(revision), stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(commit)));
        }
    }

    /// <summary>The files of a commit as the hub listed them; null if that is not known here.</summary>
    public HubListing? ReadTree(string commit) => File.Exists(TreeOf(commit)) ? HubListing.Read(File.ReadAllBytes(TreeOf(commit)), $"'{TreeOf(commit)}'") : null;

    public void WriteTree(string commit, HubListing listing) => WriteWhole(TreeOf(commit), listing.Write);

    /// <summary>The names of the files of a commit that are here.</summary>
    /// <exception cref="IOException">A folder cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be listed.</exception>
    public IReadOnlyList<string> NamesOf(string commit)
    {
        string folder = Snapshot(commit);
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        return !Folders.Exists(folder, "The cache's folder") ? [] : [.. Directory.EnumerateFiles(folder, "*", all)
            .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];
    }

    /// <summary>The bytes of a file, past links; null if there is none, or the link leads nowhere.</summary>
    public static long? LengthOf(string path)
    {
        var file = new FileInfo(path);
        try
        {
            return (file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true)) is FileInfo { Exists: true } real ? real.Length : null;
        }
        catch (IOException)
        {
            // Links in a circle lead nowhere, too.
            return null;
        }
    }

    /// <summary>Whether a file is here, in its whole length.</summary>
    public bool Has(string commit, HubFile file) => LengthOf(PathOf(commit, file.Name)) == file.Size;

    /// <summary>Whether its content is here, in its whole length, under this commit or another.</summary>
    public bool HasBlob(HubFile file) => LengthOf(BlobOf(file)) == file.Size;

    /// <summary>The bytes that an interrupted download has left.</summary>
    public long LeftoverOf(HubFile file) => Leftovers(file).Select(f => f.Length).FirstOrDefault(length => length <= file.Size);

    /// <summary>What keeps the folders from being listed, so that files seem not to be here; null if nothing does.</summary>
    public Exception? Problem() => new[] { root, Folder, Snapshots, Blobs, Refs }.Select(Folders.Problem).FirstOrDefault(problem => problem is not null);

    /// <summary>Makes what a first download needs.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(Blobs);
        string tag = Path.Combine(root, "CACHEDIR.TAG");
        if (!File.Exists(tag))
        {
            WriteWhole(tag, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(CacheTag)));
        }
    }

    /// <summary>Waits until no other process downloads the same content; by flock on Unix, as Python's library.</summary>
    public async Task<IDisposable> LockAsync(HubFile file, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Locks);
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Locks, file.Etag + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (Locked.Contains(e.HResult))
            {
                await Task.Delay(LockPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// A file for the content while it comes, of this process alone. What an interrupted download has left is renamed to it, which only one process can do,
    /// even where locks lie; it stands at its beginning.
    /// </summary>
    public FileStream OpenPartial(HubFile file, bool anew)
    {
        string own = Path.Combine(Blobs, $"{file.Etag}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}{Incomplete}");
        foreach (var leftover in anew ? [] : Leftovers(file))
        {
            try
            {
                File.Move(leftover.FullName, own);
                break;
            }
            catch (IOException)
            {
                // Another process was faster, or has it open.
            }
        }
        return new FileStream(own, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
    }

    /// <summary>Gives a file that has come, and is what it should be, its name.</summary>
    public void Keep(string partial, HubFile file)
    {
        try
        {
            File.Move(partial, BlobOf(file), overwrite: true);
        }
        catch (IOException) when (HasBlob(file))
        {
            // Another process had it first.
        }
        foreach (var leftover in Leftovers(file))
        {
            try
            {
                leftover.Delete();
            }
            catch (IOException)
            {
                // Windows, and somebody has it open: it goes another time.
            }
        }
    }

    /// <summary>Puts a file whose content is here under its name: as a link, or where there are none as itself.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="isNew">Whether the content came just now, so that nothing else needs it.</param>
    public void Link(string commit, HubFile file, bool isNew)
    {
        string path = PathOf(commit, file.Name), blob = BlobOf(file), folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        string temporary = Temporary(path);
        try
        {
            if (usesLinks)
            {
                File.CreateSymbolicLink(temporary, Path.GetRelativePath(folder, blob));
                File.Move(temporary, path, overwrite: true);
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without the privilege, a disk of FAT: as if there were no links at all.
        }
        if (isNew)
        {
            File.Move(blob, path, overwrite: true);
        }
        else
        {
            File.Copy(blob, temporary, overwrite: true);
            File.Move(temporary, path, overwrite: true);
        }
    }

    /// <summary>Removes a file's name and, if its hash is known, its content, so that it comes again.</summary>
    public void Remove(string commit, string name, string? etag)
    {
        File.Delete(PathOf(commit, name));
        if (etag is not null)
        {
            File.Delete(Path.Combine(Blobs, etag));
        }
    }

    /// <summary>The branches and tags that were asked for, and what they were.</summary>
    public IEnumerable<(string Revision, string Commit)> Revisions() => !Directory.Exists(Refs) ? []
        : Directory.EnumerateFiles(Refs, "*", SearchOption.AllDirectories)
            .Select(f => (Path.GetRelativePath(Refs, f).Replace('\\', '/'), File.ReadAllText(f).Trim()));

    /// <summary>Removes a commit, and contents that no other commit has.</summary>
    public void RemoveSnapshot(string commit)
    {
        Directory.Delete(Snapshot(commit), recursive: true);
        File.Delete(TreeOf(commit));
        foreach (var (revision, _) in Revisions().Where(r => r.Commit == commit).ToList())
        {
            File.Delete(RefOf(revision));
        }
        var used = Directory.EnumerateFiles(Snapshots, "*", SearchOption.AllDirectories).Select(RealPath).ToHashSet(StringComparer.Ordinal);
        foreach (string blob in Directory.Exists(Blobs) ? Directory.GetFiles(Blobs) : [])
        {
            if (!used.Contains(Path.GetFullPath(blob)))
            {
                File.Delete(blob);
            }
        }
    }

    /// <summary>Removes everything of the repository.</summary>
    public void RemoveAll()
    {
        foreach (string folder in (ReadOnlySpan<string>)[Folder, Locks])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>The bytes of all files of the repository.</summary>
    public long Bytes() => !Folders.Exists(Folder, "The cache's folder") ? 0
        : new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(f => f.LinkTarget is null).Sum(f => f.Length);

    /// <summary>The free bytes of the disk; null if nothing tells.</summary>
    public long? FreeBytes()
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(root))! : root).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string RealPath(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);

    /// <summary>What interrupted downloads of a content have left, ours or of Python's library, the largest first.</summary>
    private FileInfo[] Leftovers(HubFile file) => !Directory.Exists(Blobs) ? []
        : [.. new DirectoryInfo(Blobs).EnumerateFiles(file.Etag + "*" + Incomplete).OrderByDescending(f => f.Length)];

    private static string Temporary(string path) => string.Create(CultureInfo.InvariantCulture, $"{path}.{RandomNumberGenerator.GetInt32(int.MaxValue):x8}.tmp");

    // Several processes may write the same file: each under a name of its own first.
    private static void WriteWhole(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = Temporary(path);
        try
        {
            using (var stream = File.Create(temporary))
            {
                write(stream);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
