using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>Results as rows of CLIP_benchmark's tables.</summary>
internal static class BenchmarkRows
{
    public static IEnumerable<ClipBenchmarkRow> Of(ClipEvaluationResults results)
    {
        var single = results.Records.Where(r => r.Kind is ClipEvaluationKind.ZeroShot or ClipEvaluationKind.LinearProbe);
        foreach (var group in single.GroupBy(r => (r.Model, r.Task, r.Kind)))
        {
            var record = group.First();
            yield return Row(results, record, record.Kind == ClipEvaluationKind.LinearProbe ? "linear_probe" : "zeroshot_classification") with
            {
                Accuracy = record.Classification?.Accuracy,
                Top5Accuracy = record.Classification?.TopKAccuracy,
                MeanPerClassRecall = record.Classification?.MeanPerClass,
                MeanAveragePrecision = group.FirstOrDefault(r => r.Metric == "mAP")?.Value,
            };
        }
        foreach (var group in results.Records.Where(r => r.Retrieval is not null).GroupBy(r => (r.Model, r.Task)))
        {
            var record = group.First();
            yield return Row(results, record, "zeroshot_retrieval") with
            {
                ImageRetrievalRecallAt5 = RecallAt5(record.Retrieval!.TextToImage),
                TextRetrievalRecallAt5 = RecallAt5(record.Retrieval.ImageToText),
            };
        }
    }

    private static double? RecallAt5(ClipRecall recall) => recall.At.Where(a => a.K == 5).Select(a => (double?)a.Recall).FirstOrDefault();

    private static ClipBenchmarkRow Row(ClipEvaluationResults results, ClipEvaluationRecord record, string task)
    {
        string pretrained = results.Models.FirstOrDefault(m => m.Name == record.Model)?.Pretrained ?? "";
        var others = new Dictionary<string, string>
        {
            ["metric"] = record.Metric,
            ["value"] = Number(record.Value),
            ["interval_lower"] = record.Interval is { } lower ? Number(lower.Lower) : "",
            ["interval_upper"] = record.Interval is { } upper ? Number(upper.Upper) : "",
            ["images_read"] = Number(record.Rows.Read),
            ["images_used"] = Number(record.Rows.Used),
            ["images_failed"] = Number(record.Rows.Failed),
            ["files_skipped"] = Number(record.Rows.Skipped),
            ["set_hash"] = record.SetHash,
            ["model_hash"] = record.ModelHash,
            ["prompts"] = record.Prompts ?? "",
        };
        return new(record.Benchmark ?? record.Task, record.Model, pretrained, task) { Others = others };
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
