using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip embed merge</c>: the results of all shards in a few files.</summary>
internal static class MergeCommand
{
    private const string ClipRetrieval = "clip-retrieval";

    public static Command Create()
    {
        var plan = EmbedCommand.Plan();
        var destination = new Option<string>("--out", "-o") { HelpName = "DIR", Description = "Where they go: a folder that is empty or not there.", Required = true };
        var rows = new Option<int>("--rows-per-file") { HelpName = "N", Description = "About how many rows a file has.", DefaultValueFactory = _ => 1_000_000 };
        var layout = new Option<string>("--layout")
        {
            HelpName = "NAME",
            Description = "clip-retrieval: img_emb/*.npy, text_emb/*.npy and metadata/*.parquet; parquet: all of it in embeddings/*.parquet, for DuckDB and Spark.",
            DefaultValueFactory = _ => ClipRetrieval,
        };
        layout.AcceptOnlyFromAmong(ClipRetrieval, "parquet");
        return ToolCommand.Of("merge", "Put the results of all shards together, in the order of the pictures.",
            ["mlclip embed merge --plan job/plan.json --out embeddings", "mlclip embed merge --plan job/plan.json --out table --layout parquet"], [plan, destination, rows, layout], (parse, output, stop) =>
            {
                var options = new ClipShardMergeOptions
                {
                    RowsPerFile = Checked.Positive(parse.GetValue(rows), "--rows-per-file"),
                    Layout = parse.GetValue(layout) == ClipRetrieval ? ClipShardMergeLayout.ClipRetrieval : ClipShardMergeLayout.Parquet,
                };
                var merged = ClipShardPlan.Load(parse.GetRequiredValue(plan)).Merge(Checked.NoFile(parse.GetRequiredValue(destination)), options, stop);
                output.Facts(new(merged.Directory, merged.Files, merged.Rows, merged.FailedRows, merged.Bytes), ToolJson.Lines.MergeResult,
                [
                    ("written", merged.Directory), ("files", merged.Files.ToString(CultureInfo.InvariantCulture)),
                    ("rows", string.Create(CultureInfo.InvariantCulture, $"{merged.Rows:N0}, {merged.FailedRows:N0} of them unreadable")), ("size", PrintedText.Size(merged.Bytes)),
                ]);
                return ExitCode.Done;
            });
    }
}
