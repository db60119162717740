using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The zip behind ML.NET's repositories. They copy every entry into a temporary file, both ways, and compress it; weights shrink by a tenth at best, and cost
/// half a minute a gigabyte. Where the zip cannot be reached, as ML.NET may change inside, everything goes ML.NET's way.
/// </summary>
internal static class SavedArchive
{
    private const int BufferSize = 1 << 20;

    // As ML.NET's writer names entries, on every system; its reader takes both.
    private static readonly char[] Separators = [Path.DirectorySeparatorChar, '/', '\\'];

    /// <summary>Writes an entry as it is.</summary>
    public static void Store(RepositoryWriter repository, string folder, string name, Stream content)
    {
        if (Find(() => ArchiveOf(repository)) is not { } archive)
        {
            using var slow = repository.CreateEntry(folder, name);
            content.CopyTo(slow.Stream);
            return;
        }
        using var entry = archive.CreateEntry($"{folder}{Path.DirectorySeparatorChar}{name}", CompressionLevel.NoCompression).Open();
        content.CopyTo(entry, BufferSize);
    }

    /// <summary>Finds an entry; null if there is none, or the zip cannot be reached.</summary>
    public static ZipArchiveEntry? Find(RepositoryReader repository, string folder, string name) =>
        Find(() => EntriesOf(repository)) is not { } entries ? null
            : Separators.Select(s => entries.GetValueOrDefault($"{folder}{s}{name}")).FirstOrDefault(e => e is not null);

    private static T? Find<T>(Func<T> field)
        where T : class
    {
        try
        {
            return field();
        }
        catch (MissingFieldException)
        {
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_archive")]
    private static extern ref ZipArchive ArchiveOf(RepositoryWriter repository);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_entries")]
    private static extern ref Dictionary<string, ZipArchiveEntry> EntriesOf(RepositoryReader repository);
}
