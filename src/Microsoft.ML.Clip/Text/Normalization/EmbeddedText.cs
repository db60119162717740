namespace Microsoft.ML.Clip;

/// <summary>The tables that the assembly carries as text, so that a reader can check them against their source.</summary>
internal static class EmbeddedText
{
    /// <summary>The lines of a table, without its comments.</summary>
    public static IEnumerable<string> ReadLines(string name)
    {
        using var stream = typeof(EmbeddedText).Assembly.GetManifestResourceStream($"Microsoft.ML.Clip.{name}")
            ?? throw new InvalidOperationException($"The assembly lacks its embedded table {name}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
            {
                yield return line;
            }
        }
    }
}
