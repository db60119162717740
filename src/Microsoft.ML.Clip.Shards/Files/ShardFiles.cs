using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Microsoft.ML.Clip;

/// <summary>Small things with files that plans, workers and merges share.</summary>
internal static class ShardFiles
{
    /// <summary>Reads a file of JSON that others may have written.</summary>
    /// <exception cref="ClipShardException">It is no such file; the message names it.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static T ReadJson<T>(string path, int mostBytes, string what, ClipShardProblem problem, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            using var stream = RegularFile.Open(path);
            if (stream.Length > mostBytes)
            {
                throw new ClipShardException(problem, $"{what} '{path}' cannot be used: it has {stream.Length:N0} bytes; {mostBytes:N0} are the most.");
            }
            return JsonSerializer.Deserialize(stream, type) ?? throw new ClipShardException(problem, $"{what} '{path}' cannot be used: it is null.");
        }
        catch (JsonException e)
        {
            throw new ClipShardException(problem, $"{what} '{path}' cannot be used: {e.Message}", e);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException && RegularFile.WhyNot(path) is { } reason)
        {
            throw new ClipShardException(problem, $"{what} '{path}' cannot be used: {reason}.", e);
        }
    }

    /// <summary>SHA-256 of a file, in lower-case hexadecimal digits.</summary>
    public static string Sha256(string path, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = RegularFile.OpenHandle(path, FileOptions.SequentialScan);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            int read;
            for (long position = 0; (read = RandomAccess.Read(file, buffer, position)) > 0; position += read)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether it is the system's, of reading and writing files.</summary>
    public static bool IsOfFiles(Exception error) => error is IOException or UnauthorizedAccessException || IsTooLong(error);

    /// <summary>Whether a file is longer than its file system, or the process, may have it: what .NET makes of EFBIG.</summary>
    public static bool IsTooLong(Exception error) => error is ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>What an error of the system is to a scheduler.</summary>
    public static ClipShardException Explain(Exception error, string doing, int? shard = null)
    {
        bool isFull = FullDisk.IsCauseOf(error);
        var problem = isFull ? ClipShardProblem.NoSpace
            : error is UnauthorizedAccessException || IsTooLong(error) ? ClipShardProblem.Output : ClipShardProblem.Transient;
        return new(problem, $"{doing}: {(isFull ? $"the disk is full ({error.Message})" : error.Message)}", error) { Shard = shard };
    }

    /// <summary>Writes a small file whole: under another name, to the disk, then moved.</summary>
    public static void WriteWhole(string path, string temporary, ReadOnlySpan<byte> content)
    {
        try
        {
            using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(file, content, 0);
                RandomAccess.FlushToDisk(file);
            }
            File.Move(temporary, path, overwrite: true);
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
