using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Reads and writes plan.json.</summary>
internal static class PlanFile
{
    public const string Name = "plan.json";

    /// <summary>A million shards take about 180 MB.</summary>
    public const int MostShards = 1_000_000, MostBytes = 512 << 20;

    private const int MostSettings = 32, MostCharacters = 4096;

    // The most rows of all: beyond what anybody has, and far below where sums overflow.
    private const long MostRows = 1L << 50;

    /// <summary>Writes it, whole or not at all: one line for each shard, so that people and tools can look at it.</summary>
    public static void Write(string path, PlanDocument plan)
    {
        var indented = new ShardJson(new JsonSerializerOptions(ShardJson.Default.Options) { WriteIndented = true });
        string head = JsonSerializer.Serialize(plan with { Shards = [] }, indented.PlanDocument);
        const string Empty = "\"shards\": []";
        string[] parts = head.Split(Empty);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = File.Create(temporary))
            using (var writer = new StreamWriter(stream, new UTF8Encoding(false)))
            {
                writer.Write(parts[0].ReplaceLineEndings("\n"));
                writer.Write("\"shards\": [");
                for (int i = 0; i < plan.Shards.Count; i++)
                {
                    writer.Write(i == 0 ? "\n    " : ",\n    ");
                    writer.Write(JsonSerializer.Serialize(plan.Shards[i], ShardJson.Default.PlanShard));
                }
                writer.Write("\n  ]");
                writer.Write(parts[1].ReplaceLineEndings("\n"));
                writer.Write('\n');
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <exception cref="ClipShardException">It is no plan, or one that cannot be right; the message says why.</exception>
    public static PlanDocument Read(string path)
    {
        var plan = ShardFiles.ReadJson(path, MostBytes, "The plan", ClipShardProblem.Plan, ShardJson.Default.PlanDocument);
        Check(plan.Format == PlanDocument.CurrentFormat, $"its format is '{plan.Format}'; expected '{PlanDocument.CurrentFormat}'");
        Check(plan.Shards.Count is > 0 and <= MostShards, $"it has {plan.Shards.Count:N0} shards; expected 1 to {MostShards:N0}");
        Check(plan.Rows is > 0 and <= MostRows, $"it has {plan.Rows:N0} rows");
        Check(plan.Inputs.Files is > 0 and <= MostRows, $"its inputs have {plan.Inputs.Files:N0} files");
        Check(plan.Model.Dimension is > 0 and <= 1 << 20, $"its embeddings have {plan.Model.Dimension:N0} values");
        Check(plan.Inputs.Settings.Count <= MostSettings && plan.Inputs.Settings.Values.All(v => v is { Length: > 0 and <= MostCharacters }), "a setting of its inputs makes no sense");
        Check(plan.Inputs.Location is { Length: > 0 and <= MostCharacters } && !plan.Inputs.Location.Contains('\0', StringComparison.Ordinal), "its inputs have no location");
        if (OptionsOf(plan).Problem() is var (name, problem))
        {
            throw Error(path, $"its {JsonNamingPolicy.CamelCase.ConvertName(name)} {problem}");
        }
        long first = 0, offset = 0;
        for (int i = 0; i < plan.Shards.Count; i++)
        {
            var shard = plan.Shards[i];
            int rows = (int)Math.Min(plan.Options.RowsPerShard, plan.Rows - first);
            Check(shard is not null && shard.First == first && shard.Rows == rows, $"shard {i} is not that of {rows:N0} rows from row {first:N0} on");
            Check(shard!.Skip >= 0 && shard.Offset >= offset && shard.Length > 0 && shard.Sha256.Length == 64, $"shard {i} names no lines of the list of inputs");
            (first, offset) = (first + rows, shard.Offset);
        }
        Check(first == plan.Rows, $"its shards have {first:N0} rows; expected {plan.Rows:N0}");
        string expected = plan.ComputeFingerprint();
        Check(plan.Fingerprint == expected, $"its fingerprint is {plan.Fingerprint}; that of its content is {expected}: it was changed after it was made");
        return plan;

        void Check(bool isRight, string problem)
        {
            if (!isRight)
            {
                throw Error(path, problem + ".");
            }
        }
    }

    public static ClipShardPlanOptions OptionsOf(PlanDocument plan) => new()
    {
        RowsPerShard = plan.Options.RowsPerShard,
        BatchSize = plan.Options.BatchSize,
        Half = plan.Options.Half,
        Normalize = plan.Options.Normalize,
        Texts = plan.Options.Texts,
        CheckTimes = plan.Options.CheckTimes,
        ModelName = plan.Model.Name,
        ModelVariant = plan.Model.Variant,
    };

    private static ClipShardException Error(string path, string problem) => new(ClipShardProblem.Plan, $"The plan '{path}' cannot be used: {problem}");
}
