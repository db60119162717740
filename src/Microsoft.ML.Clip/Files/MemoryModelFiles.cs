namespace Microsoft.ML.Clip;

/// <summary>The files of a model held in memory, as read from a saved ML.NET model.</summary>
internal sealed class MemoryModelFiles(IReadOnlyDictionary<string, byte[]> files, string location) : ModelFiles(location, files.Keys)
{
    protected override Stream Open(string name) => new MemoryStream(files[name], writable: false);
}
