using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A folder of its own for one test, deleted afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("clip-tokenizer-").FullName;

    public void Copy(string source, string name) => File.Copy(source, Target(name));

    public void Write(string name, string content) => File.WriteAllText(Target(name), content);

    public void WriteGzip(string name, string content)
    {
        using var stream = new GZipStream(File.Create(Target(name)), CompressionLevel.Fastest);
        stream.Write(Encoding.UTF8.GetBytes(content));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private string Target(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }
}
