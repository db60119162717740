using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Tables in the columns of CLIP_benchmark (LAION), so that its published results and one's own can stand in one table. Thread-safe.
/// </summary>
public static class ClipBenchmarkCsv
{
    // Whole tables of results have some hundred kilobytes.
    private const int MaximumBytes = 256 << 20;

    private const string FullName = "model_fullname", Language = "language";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly (string Column, Func<ClipBenchmarkRow, double?> Get, Func<ClipBenchmarkRow, double?, ClipBenchmarkRow> With)[] Metrics =
    [
        ("acc1", r => r.Accuracy, (r, v) => r with { Accuracy = v }),
        ("acc5", r => r.Top5Accuracy, (r, v) => r with { Top5Accuracy = v }),
        ("mean_per_class_recall", r => r.MeanPerClassRecall, (r, v) => r with { MeanPerClassRecall = v }),
        ("mean_average_precision", r => r.MeanAveragePrecision, (r, v) => r with { MeanAveragePrecision = v }),
        ("image_retrieval_recall@5", r => r.ImageRetrievalRecallAt5, (r, v) => r with { ImageRetrievalRecallAt5 = v }),
        ("text_retrieval_recall@5", r => r.TextRetrievalRecallAt5, (r, v) => r with { TextRetrievalRecallAt5 = v }),
    ];

    private static readonly string[] Names = ["dataset", "model", "pretrained", "task"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, UTF-8, at most 256 MiB.</param>
    /// <returns>Its rows. Columns may stand in any order; of the metrics any may be missing.</returns>
    /// <exception cref="InvalidDataException">It is no such table; the message has the file, the line and the column.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IReadOnlyList<ClipBenchmarkRow> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using var stream = RegularFile.Open(path);
        if (stream.Length > MaximumBytes)
        {
            throw new InvalidDataException(FormattableString.Invariant($"'{path}' has {stream.Length:N0} bytes; expected at most {MaximumBytes:N0}."));
        }
        try
        {
            using var reader = new StreamReader(stream, Utf8, detectEncodingFromByteOrderMarks: false);
            return Parse(reader.ReadToEnd(), $"'{path}'");
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"'{path}' is not UTF-8 text: {e.Message}", e);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The table, comma-separated by RFC 4180, with a heading.</param>
    /// <returns>Its rows.</returns>
    /// <exception cref="InvalidDataException">It is no such table; the message has the line and the column.</exception>
    public static IReadOnlyList<ClipBenchmarkRow> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text, "the table");
    }

    /// <summary>Writes rows as such a table: heading, the columns of CLIP_benchmark, then others that any row has. Lines end with LF, as its own do.</summary>
    /// <param name="rows">The rows.</param>
    /// <returns>The text, numbers unrounded.</returns>
    /// <exception cref="ArgumentException">A number is NaN or infinite, or another column has the name of one of CLIP_benchmark's; the message names the row.</exception>
    public static string Format(IEnumerable<ClipBenchmarkRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ClipBenchmarkRow[] all = [.. rows];
        bool hasLanguage = all.Any(r => r.Language is not null);
        string[] own = [.. Metrics.Select(m => m.Column), .. Names, FullName, Language];
        string[] others = [.. all.SelectMany(r => r.Others.Keys).Distinct(StringComparer.Ordinal)];
        if (others.Intersect(own).FirstOrDefault() is { } twice)
        {
            throw new ArgumentException($"Among the other columns is '{twice}', which is one of CLIP_benchmark's.", nameof(rows));
        }
        var text = new CsvWriter(endOfLine: "\n");
        text.Write([.. Metrics.Select(m => m.Column), .. Names, FullName, .. hasLanguage ? [Language] : Array.Empty<string>(), .. others]);
        for (int i = 0; i < all.Length; i++)
        {
            var row = all[i];
            int place = i;
            text.Write(
            [
                .. Metrics.Select(m => Number(m.Get(row), place, m.Column)), row.Dataset, row.Model, row.Pretrained, row.Task, row.ModelFullName,
                .. hasLanguage ? [row.Language ?? ""] : Array.Empty<string>(), .. others.Select(o => row.Others.GetValueOrDefault(o, "")),
            ]);
        }
        return text.ToString();
    }

    /// <summary>Writes rows into a file, whole or not at all.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="ArgumentException">As for <see cref="Format"/>.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, IEnumerable<ClipBenchmarkRow> rows)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        byte[] text = Encoding.UTF8.GetBytes(Format(rows));
        WholeFile.Write(path, stream => stream.Write(text));
    }

    private static ClipBenchmarkRow[] Parse(string text, string source)
    {
        var table = CsvTable.Parse(text, source);
        if (Names.FirstOrDefault(n => !table.Columns.Contains(n)) is { } missing)
        {
            throw new InvalidDataException($"{source} has no column '{missing}'; it has {string.Join(", ", table.Columns)}.");
        }
        string[] known = [.. Metrics.Select(m => m.Column), .. Names, FullName, Language];
        string[] others = [.. table.Columns.Where(c => !known.Contains(c))];
        return [.. Enumerable.Range(0, table.Count)
            .Select(i => Metrics.Aggregate(new ClipBenchmarkRow(table[i, "dataset"]!, table[i, "model"]!, table[i, "pretrained"]!, table[i, "task"]!)
        {
            Language = table[i, Language] is { Length: > 0 } language ? language : null,
            Others = others.Where(o => table[i, o]!.Length > 0).ToDictionary(o => o, o => table[i, o]!),
        }, (row, metric) => metric.With(row, Number(table, i, metric.Column, source))))];
    }

    private static double? Number(CsvTable table, int row, string column, string source) => table[row, column] switch
    {
        // pandas writes nothing for what is not there; others write nan.
        null or "" or "nan" or "NaN" => null,
        var field => double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value
            : throw new InvalidDataException($"Line {table.LineOf(row)} of {source} has '{field}' for {column}; expected a number, or nothing."),
    };

    private static string Number(double? value, int row, string column) => value is { } number && !double.IsFinite(number)
        ? throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Row {row} (counted from 0) has {number} for {column}; expected a number, or nothing."))
        : value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
