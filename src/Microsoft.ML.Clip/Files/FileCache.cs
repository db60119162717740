using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Clip;

/// <summary>A file of the cache, which nobody removes while this is held.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Lock">Open on it; closed when it is collected.</param>
internal sealed record CachedFile(string Path, SafeFileHandle Lock);

/// <summary>
/// Files under the names of their SHA-256, in a directory of the user's own that all processes share: what lies packed in an archive has to lie on disk to be
/// mapped. A name is never believed: what is there is hashed before it is used. Drafts are moved into place when they are whole, so that any number of
/// processes may do the same at once. Above a limit what has not been used for longest goes, but never what a process holds.
/// </summary>
internal sealed partial class FileCache(string directory, long limit = FileCache.DefaultLimit)
{
    /// <summary>Names the directory; <c>off</c> for none.</summary>
    public const string Variable = "CLIP_MODEL_CACHE";

    /// <summary>How many bytes the files take together before the oldest go.</summary>
    public const long DefaultLimit = 16L << 30;

    /// <summary>From how many bytes on the weights of a model are worth it.</summary>
    public const long LeastBytes = 1 << 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // What is left free on the disk for others.
    private const long Reserve = 256L << 20;

    // AT_FDCWD of fcntl.h, STATX_UID of linux/stat.h.
    private const int AtWorkingDirectory = -100;
    private const uint StatusUser = 8;

    private const string DraftEnd = ".tmp";
    private const int BufferSize = 1 << 20, HashLength = 64;

    // A draft is written in seconds; whoever left one of yesterday is gone.
    private static readonly TimeSpan DraftAge = TimeSpan.FromDays(1);

    public string Directory => directory;

    /// <summary>The cache that the environment names, or else the user's usual place for such; null if it is turned off, or there is no such place.</summary>
    public static FileCache? FromEnvironment()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (string.Equals(named, "off", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        if (!string.IsNullOrWhiteSpace(named))
        {
            return new FileCache(Path.GetFullPath(named));
        }
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string root = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Below(home, "Library/Caches")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } caches && Path.IsPathRooted(caches) ? caches
            : Below(home, ".cache");
        return root.Length == 0 ? null : new FileCache(Path.Combine(root, "microsoft-ml-clip", "models"));

        static string Below(string folder, string name) => folder.Length == 0 ? "" : Path.Combine(folder, name);
    }

    /// <summary>Whether a text is a SHA-256 as files are named by it here, and so no way to another place.</summary>
    public static bool IsHash(string text) => text.Length == HashLength && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Gives a file, written first if it is not there.</summary>
    /// <param name="hash">Its SHA-256 in lower-case hexadecimal digits.</param>
    /// <param name="length">Its length.</param>
    /// <param name="open">Opens what is to be written.</param>
    /// <returns>The file; null where the directory cannot be used: not writable, full, another's.</returns>
    /// <exception cref="InvalidDataException">What was opened has another hash, or another length.</exception>
    public CachedFile? Get(string hash, long length, Func<Stream> open)
    {
        if (!IsHash(hash))
        {
            throw new ArgumentException($"'{hash}' is no SHA-256.", nameof(hash));
        }
        string path = Path.Combine(directory, hash), draft = $"{path}.{Guid.NewGuid():N}{DraftEnd}";
        try
        {
            if (!Prepare())
            {
                return null;
            }
            if (Known(path, hash, length) is { } known)
            {
                return known;
            }
            if (length > limit || length > new DriveInfo(directory).AvailableFreeSpace - Reserve)
            {
                // A small archive may hold any number of zeros: they do not fill the disk.
                return null;
            }
            string found = Write(draft, length, open);
            if (found != hash)
            {
                throw new InvalidDataException($"its SHA-256 should be {hash}, but is {found}");
            }
            if (Known(path, hash, length) is { } others)
            {
                // Another process was sooner, and may have mapped its file or noted when that was written: it stays.
                return others;
            }
            File.Move(draft, path, overwrite: true);
            var written = Open(path, length);
            TryClean();
            return written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
        finally
        {
            TryDelete(draft);
        }
    }

    /// <summary>Sees that the directory is there, and that nobody else may write to it: what is hashed once must not become another file later.</summary>
    /// <returns>Whether it may be used. What the user has set up is not changed: somebody may have named <c>/tmp</c>.</returns>
    private bool Prepare()
    {
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(directory);
            return true;
        }
        System.IO.Directory.CreateDirectory(directory, OwnerOnly);
        var mode = File.GetUnixFileMode(directory);
        if (new DirectoryInfo(directory).LinkTarget is not null || (mode & Others) != 0)
        {
            return false;
        }
        // Only the owner may, be it what it was already. The superuser always may, and has to be its owner by what the system says.
        File.SetUnixFileMode(directory, mode);
        return !Environment.IsPrivilegedProcess || !OperatingSystem.IsLinux() || Owner(directory) == EffectiveUser();
    }

    private static unsafe uint Owner(string path)
    {
        // struct statx of linux/stat.h, which is the same on all processors: 256 bytes, the user's number in the sixth four bytes.
        uint* status = stackalloc uint[64];
        return Status(AtWorkingDirectory, path, 0, StatusUser, status) == 0 ? status[5] : throw new IOException($"The owner of '{path}' cannot be read.");
    }

    /// <summary>What lies under a name, if it is what the name says.</summary>
    private static CachedFile? Known(string path, string hash, long length)
    {
        if (Open(path, length) is not { } known)
        {
            return null;
        }
        // Somebody may have made room before it was held.
        if (Hash(known.Lock) == hash && File.Exists(path))
        {
            return known;
        }
        known.Lock.Dispose();
        return null;
    }

    private static CachedFile? Open(string path, long length)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.LinkTarget is not null || file.Length != length || (!OperatingSystem.IsWindows() && (file.UnixFileMode & Others) != 0))
        {
            return null;
        }
        var handle = RegularFile.OpenHandle(path, FileOptions.SequentialScan);
        try
        {
            // What it was last used, for those who make room. The time of writing stays: by it processes see that a file is the same.
            File.SetLastAccessTimeUtc(handle, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return new CachedFile(path, handle);
    }

    private static string Hash(SafeFileHandle file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        long at = 0;
        for (int count; (count = RandomAccess.Read(file, buffer, at)) > 0; at += count)
        {
            hash.AppendData(buffer, 0, count);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Write(string draft, long length, Func<Stream> open)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using var target = new FileStream(draft, options);
        using var source = open();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        long left = length;
        for (int count; (count = source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0; left -= count)
        {
            if (count > left)
            {
                throw new InvalidDataException($"it has more than the {length:N0} bytes that it is said to have");
            }
            hash.AppendData(buffer, 0, count);
            target.Write(buffer, 0, count);
        }
        return left == 0 ? Convert.ToHexStringLower(hash.GetHashAndReset())
            : throw new InvalidDataException($"it has {length - left:N0} of the {length:N0} bytes that it is said to have");
    }

    /// <summary>Makes room: drafts that somebody left, and what has not been used for longest, down to the limit.</summary>
    private void Clean()
    {
        var files = new DirectoryInfo(directory).GetFiles();
        foreach (var draft in files.Where(f => IsDraft(f.Name) && DateTime.UtcNow - f.LastWriteTimeUtc > DraftAge))
        {
            TryDelete(draft.FullName);
        }
        var kept = files.Where(f => IsHash(f.Name)).OrderBy(f => f.LastAccessTimeUtc).ToList();
        long total = kept.Sum(f => f.Length);
        foreach (var file in kept.TakeWhile(_ => total > limit))
        {
            total -= TryRemove(file.FullName) ? file.Length : 0;
        }
    }

    // What is wanted is there already; others may be making room at the same time.
    private void TryClean()
    {
        try
        {
            Clean();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    // Of this cache alone: the directory may be one that somebody uses for other things, too.
    private static bool IsDraft(string name) =>
        name.Length > HashLength && IsHash(name[..HashLength]) && name[HashLength] == '.' && name.EndsWith(DraftEnd, StringComparison.Ordinal);

    // Whoever uses a file has it open for reading, and lets others do the same.
    private static bool TryRemove(string path)
    {
        try
        {
            using (File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
                if (!OperatingSystem.IsWindows())
                {
                    // While it is held, so that whoever opens it next sees that it is gone.
                    File.Delete(path);
                    return true;
                }
            }
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(int folder, string path, int flags, uint mask, uint* status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
