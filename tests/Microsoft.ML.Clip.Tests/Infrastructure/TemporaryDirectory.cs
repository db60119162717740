using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A directory of its own for one test, deleted afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string FullName { get; } = Directory.CreateTempSubdirectory("clip-test-").FullName;

    public static implicit operator string(TemporaryDirectory directory) => directory.FullName;

    public string Combine(string relativePath) => Path.Combine(FullName, relativePath);

    /// <summary>Writes a file, and the directories above it, and returns its path.</summary>
    public string Write(string relativePath, byte[] content)
    {
        string path = Combine(relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string relativePath, string content) => Write(relativePath, Encoding.UTF8.GetBytes(content));

    public string WriteGzip(string relativePath, string content)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(Encoding.UTF8.GetBytes(content));
        }
        return Write(relativePath, packed.ToArray());
    }

    public string Copy(string source, string relativePath) => Write(relativePath, File.ReadAllBytes(source));

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
