using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip;

public sealed partial record ClipEvaluationResults
{
    private const int MostRemarks = 4;

    /// <summary>All of it for programs, unrounded: an object with <c>Models</c>, <c>Records</c>, <c>Skipped</c> ... as the properties here.</summary>
    /// <returns>The text.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, RecordStore.Json);

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The results.</returns>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static ClipEvaluationResults FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize<ClipEvaluationResults>(json, RecordStore.Json) ?? throw new InvalidDataException("The text holds no results.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"The text holds no results: {e.Message}", e);
        }
    }

    /// <summary>
    /// The values in CLIP_benchmark's columns, so that its tables can be joined: a row for each model, set and way, as <c>zeroshot_classification</c>,
    /// <c>linear_probe</c> and <c>zeroshot_retrieval</c>. The interval, the numbers of images and the hashes stand in columns behind.
    /// </summary>
    /// <returns>The text, comma-separated, shares from 0 to 1.</returns>
    public string ToCsv() => ClipBenchmarkCsv.Format(BenchmarkRows.Of(this));

    /// <summary>
    /// The values for a console: a line for each model and set; then the first <see cref="ClipEvaluationRecord.Remarks"/> of each set, what was not measured, and why.
    /// </summary>
    /// <returns>The text.</returns>
    public string ToText()
    {
        var text = new StringBuilder();
        int width = Records.Select(r => r.Task.Length).DefaultIfEmpty(8).Max(), models = Models.Select(m => m.Name.Length).DefaultIfEmpty(5).Max();
        foreach (var record in Records)
        {
            string how = record.Kind switch
            {
                ClipEvaluationKind.ZeroShot or ClipEvaluationKind.ZeroShotOtherPrompt => $"zero-shot, {record.Prompts}",
                ClipEvaluationKind.LinearProbe => "linear probe",
                ClipEvaluationKind.FewShot => $"few-shot, {string.Join(" ", record.FewShot!.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{(p.Shots is { } s ? s : "all")}:{100 * p.Mean:F1}")))}",
                _ => "retrieval",
            };
            string interval = record.Interval is { } i ? string.Create(CultureInfo.InvariantCulture, $" ({100 * i.Lower:F1} to {100 * i.Upper:F1})") : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"{record.Task.PadRight(width)}  {record.Model.PadRight(models)}  {100 * record.Value,5:F1}{interval,-16}  {record.Metric}; {how}; {record.Rows.Used:N0} of {record.Rows.Read:N0} images");
        }
        foreach (var task in Records.GroupBy(r => r.Task))
        {
            string[] remarks = [.. task.SelectMany(r => r.Remarks).Distinct()];
            string[] shown = remarks.Length <= MostRemarks ? remarks : [.. remarks.Take(MostRemarks - 1), $"{remarks.Length - MostRemarks + 1} more remarks are in the report."];
            foreach (string remark in shown)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{task.Key.PadRight(width)}  {remark}");
            }
        }
        foreach (var skipped in Skipped)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{skipped.Task.PadRight(width)}  {skipped.Model.PadRight(models)}  not measured: {skipped.Reason}");
        }
        return text.ToString();
    }
}
