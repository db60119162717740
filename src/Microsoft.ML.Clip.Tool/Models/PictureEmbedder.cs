namespace Mlclip;

/// <summary>A picture with its embedding, or with the reason why there is none.</summary>
/// <param name="Path">The file.</param>
/// <param name="Embedding">The embedding, of unit length; empty where there is an error.</param>
/// <param name="Error">Why the file cannot be read; empty where it can.</param>
internal sealed record EmbeddedPicture(string Path, float[] Embedding, string Error);

/// <summary>Embeds files as they are asked for, several at a time, with progress.</summary>
internal static class PictureEmbedder
{
    /// <summary>The pictures in order; those that cannot be read are said and have an error.</summary>
    /// <exception cref="ToolException">None of them can be read.</exception>
    public static IEnumerable<EmbeddedPicture> Embed(ClipModel clip, string[] files, ToolOutput output, CancellationToken stop)
    {
        var ml = new MLContext();
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing, ErrorColumnName = nameof(Row.Error) };
        var rows = ml.Data.LoadFromEnumerable(files.Select(path => new Row { Path = path }));
        var embedded = ml.Transforms.ClipImageEmbedding(nameof(Row.Embedding), nameof(Row.Path), clip, options).Fit(rows).Transform(rows);
        int done = 0, failed = 0;
        using (var progress = new ProgressMeter(output, "pictures", files.Length))
        {
            foreach (var row in ml.Data.CreateEnumerable<Row>(embedded, reuseRowObject: false))
            {
                stop.ThrowIfCancellationRequested();
                progress.Report(++done);
                failed += row.Error.Length > 0 ? 1 : 0;
                yield return new(row.Path, row.Error.Length > 0 ? [] : row.Embedding, CommandWords.Of(row.Error));
            }
        }
        Conclude(output, failed, done);
    }

    /// <summary>Says how many could not be read.</summary>
    /// <exception cref="ToolException">None could.</exception>
    public static void Conclude(ToolOutput output, int failed, int count)
    {
        if (failed > 0 && failed == count)
        {
            throw new ToolException(count == 1 ? "The picture cannot be read." : $"None of the {count:N0} pictures can be read.");
        }
        if (failed > 0)
        {
            output.Say($"mlclip: {failed:N0} of {count:N0} pictures could not be read; the results say why.");
        }
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string Error { get; set; } = "";

        public float[] Embedding { get; set; } = [];
    }
}
