namespace Microsoft.ML.Clip.Tests;

/// <summary>A directory of its own for one test, deleted afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string FullName { get; } = Directory.CreateTempSubdirectory("clip-test-").FullName;

    public string Combine(string relativePath) => Path.Combine(FullName, relativePath);

    public static implicit operator string(TemporaryDirectory directory) => directory.FullName;

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
