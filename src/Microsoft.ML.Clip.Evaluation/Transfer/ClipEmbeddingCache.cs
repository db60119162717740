using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// A folder of embedded sets, so that what was embedded once is read again in moments: by the content of the model (<see cref="ClipModel.ComputeContentHash"/>),
/// the content of the set (<see cref="ClipDataSet.ComputeContentHash"/>), the kind of features and the version of this library. Thread-safe; several
/// processes may share a folder, where each file is whole or not there.
/// </summary>
/// <remarks>
/// Every file has a checksum. One that is damaged, cut short or of another version is made anew, and <see cref="Message"/> says so. A set whose images are
/// files of their own is recognised by their paths, lengths and times without being read once more; a change that keeps all three is not noticed. Nothing
/// is ever removed: the folder may be deleted at any time.
/// </remarks>
public sealed class ClipEmbeddingCache
{
    private const int KeyLength = 32;

    private readonly string _stamps;

    /// <summary>A cache in a folder, which is made where it is missing.</summary>
    /// <param name="directory">The folder; used for nothing else.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public ClipEmbeddingCache(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        Directory = System.IO.Directory.CreateDirectory(directory).FullName;
        _stamps = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "stamps")).FullName;
    }

    /// <summary>Where it lies.</summary>
    public string Directory { get; }

    /// <summary>What it has to say: a file that could not be used, or not be written. Handlers run on the thread that speaks.</summary>
    public event EventHandler<string>? Message;

    /// <summary>The content hash of a set: read, if its images were hashed before and none has changed since.</summary>
    internal string HashOf(ClipDataSet set, CancellationToken cancellationToken)
    {
        if (set.ComputeStamp(cancellationToken) is not { } stamp)
        {
            return set.ComputeContentHash(cancellationToken);
        }
        string file = Path.Combine(_stamps, stamp[..KeyLength]);
        try
        {
            if (File.Exists(file) && File.ReadAllText(file) is { Length: 2 * SHA256.HashSizeInBytes } known)
            {
                return known;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say(file, e);
        }
        string hash = set.ComputeContentHash(cancellationToken);
        Write(file, stream => stream.Write(Encoding.ASCII.GetBytes(hash)));
        return hash;
    }

    internal EmbeddedRows? Read(string key)
    {
        string file = PathOf(key);
        try
        {
            return File.Exists(file) ? EmbeddedRows.Read(file, key) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Say(file, e);
            return null;
        }
    }

    internal void Write(string key, EmbeddedRows rows) => Write(PathOf(key), stream => rows.Write(stream, key));

    internal static string Key(string modelHash, string setHash, ClipFeatures features)
    {
        string version = typeof(ClipModel).Assembly.GetName().Version!.ToString();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{modelHash}\n{setHash}\n{features}\n{version}\n")));
    }

    private string PathOf(string key) => Path.Combine(Directory, key[..KeyLength] + ".clipset");

    // A full disk must not cost the embeddings that were just made.
    private void Write(string file, Action<Stream> write)
    {
        string own = $"{file}.{Guid.NewGuid():N}";
        try
        {
            using (var stream = File.Create(own))
            {
                write(stream);
            }
            File.Move(own, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Say(file, e);
        }
        finally
        {
            File.Delete(own);
        }
    }

    private void Say(string file, Exception e) => Message?.Invoke(this, $"The cache's file '{file}' is not used: {e.Message}");
}
