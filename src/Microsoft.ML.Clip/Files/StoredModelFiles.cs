namespace Microsoft.ML.Clip;

/// <summary>The files of a model out of an archive: small ones in memory, weights in a cache on disk, to be mapped.</summary>
internal sealed class StoredModelFiles(IReadOnlyDictionary<string, byte[]> contents, IReadOnlyDictionary<string, CachedFile> cached, string location)
    : ModelFiles(location, contents.Keys.Concat(cached.Keys))
{
    public override bool IsForeign => true;

    protected override Stream Open(string name) =>
        cached.TryGetValue(name, out var file) ? RegularFile.Open(file.Path) : new MemoryStream(contents[name], writable: false);

    protected override string? Locate(string name) => cached.TryGetValue(name, out var file) ? file.Path : null;
}
