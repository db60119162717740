namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>A row of what is embedded, as a path.</summary>
public sealed class PhotographRow
{
    /// <summary>The file.</summary>
    public string Path { get; set; } = "";
}
