using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip embed plan</c>: which rows there are, and which of them make a shard.</summary>
internal static class PlanCommand
{
    private const string FolderKind = "folder", ListKind = "list", TarsKind = "tars", ParquetKind = "parquet", CocoKind = "coco";

    public static Command Create()
    {
        var input = new Argument<string[]>("INPUT")
        {
            Description = "A folder of pictures; a text file with a path a line; tar files of webdataset, also as data/{00000..00041}.tar or 'data/*.tar'; Parquet files; COCO's JSON.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--out", "-o") { HelpName = "DIR", Description = "Where the plan and the workers' results go; all workers must see it.", Required = true };
        var kind = new Option<string?>("--kind") { HelpName = "KIND", Description = "What INPUT is: folder, list, tars, parquet or coco. Default: by its name." };
        kind.AcceptOnlyFromAmong(FolderKind, ListKind, TarsKind, ParquetKind, CocoKind);
        var images = new Option<string?>("--images") { HelpName = "DIR", Description = "The folder that paths are relative to: of a list or Parquet column if they are paths, and of COCO." };
        var imageColumn = new Option<string>("--image-column") { HelpName = "NAME", Description = "Of Parquet: the column with the pictures.", DefaultValueFactory = _ => "image" };
        var captionColumn = new Option<string?>("--caption-column") { HelpName = "NAME", Description = "Of Parquet: the column with the captions, if there is one." };
        var rows = new Option<int>("--rows") { HelpName = "N", Description = "Pictures in a shard: what is lost when a worker is killed. Some minutes' work.", DefaultValueFactory = _ => 10_000 };
        var batch = new Option<int>("--batch") { HelpName = "N", Description = "Pictures that are encoded together, on every machine alike.", DefaultValueFactory = _ => 16 };
        var texts = new Option<bool>("--texts") { Description = "Embed the captions, too." };
        var single = new Option<bool>("--float32") { Description = "Store 32 bits a value instead of 16." };
        var raw = new Option<bool>("--raw") { Description = "Do not divide embeddings by their length." };
        var anyTime = new Option<bool>("--ignore-times") { Description = "Do not compare the inputs' times of writing when they are read, only their lengths." };
        var model = new ModelChoice();
        return ToolCommand.Of("plan", "Cut the work into shards. Where the same plan is there already nothing changes.",
            ["mlclip embed plan photos --out job", "mlclip embed plan 'data/{00000..00041}.tar' --out job --rows 50000 --texts"],
            [input, output, kind, images, imageColumn, captionColumn, rows, batch, texts, single, raw, anyTime, model.Model, model.Variant],
            (parse, console, stop) =>
            {
                string[] named = parse.GetRequiredValue(input);
                string? folder = parse.GetValue(images);
                string destination = Checked.NoFile(parse.GetRequiredValue(output)), what = parse.GetValue(kind) ?? KindOf(named[0]);
                if (what != FolderKind && named.FirstOrDefault(Directory.Exists) is { } other)
                {
                    throw new ToolException($"'{other}' is a folder; --kind {what} takes a file.");
                }
                var inputs = what switch
                {
                    FolderKind => ClipShardInputs.Folder(PictureFiles.AnyIn(Checked.Folder(Only(named)))),
                    TarsKind => named.Length == 1 ? ClipShardInputs.Tars(named[0]) : ClipShardInputs.Tars(named),
                    ParquetKind => ClipShardInputs.Parquet(named, parse.GetRequiredValue(imageColumn), parse.GetValue(captionColumn), folder),
                    CocoKind => ClipShardInputs.Coco(Only(named), folder ?? throw new ToolException("COCO's JSON names pictures without their folder: give it with --images DIR.")),
                    _ => ClipShardInputs.List(Only(named), folder),
                };
                var options = new ClipShardPlanOptions
                {
                    RowsPerShard = Checked.Positive(parse.GetValue(rows), "--rows", 10_000_000),
                    BatchSize = Checked.Positive(parse.GetValue(batch), "--batch", 4_096),
                    Texts = parse.GetValue(texts),
                    Half = !parse.GetValue(single),
                    Normalize = !parse.GetValue(raw),
                    CheckTimes = !parse.GetValue(anyTime),
                };
                using var clip = model.Open(parse, console, stop);
                options = options with { ModelName = model.NameForOthers(parse), ModelVariant = clip.Summarize().Variant };
                using var progress = new ProgressMeter(console, "rows found", total: null);
                var plan = ClipShardPlan.Create(clip, inputs, destination, options, progress, stop);
                progress.Dispose();
                Print(console, plan, model.Arguments(parse));
                return ExitCode.Done;
            });
    }

    private static void Print(ToolOutput output, ClipShardPlan plan, string model)
    {
        string file = Path.Combine(plan.OutputDirectory, "plan.json"), last = (plan.ShardCount - 1).ToString(CultureInfo.InvariantCulture);
        var result = new PlanResult(file, plan.RowCount, plan.FileCount, plan.ShardCount, plan.EmbeddingDimension, plan.ModelHash, plan.Fingerprint);
        output.Facts(result, ToolJson.Lines.PlanResult,
        [
            ("plan", file), ("pictures", plan.RowCount.ToString("N0", CultureInfo.InvariantCulture)), ("files", plan.FileCount.ToString("N0", CultureInfo.InvariantCulture)),
            ("shards", plan.ShardCount.ToString(CultureInfo.InvariantCulture)), ("embeddings", $"{plan.EmbeddingDimension} values"), ("model", plan.ModelHash),
            ("next", $"mlclip embed run --plan {PrintedText.Shell(file)}{model}, or with --shard 0 ... --shard {last} wherever you like"),
        ]);
    }

    private static string KindOf(string input) => Directory.Exists(input) ? FolderKind : Path.GetExtension(input).ToLowerInvariant() switch
    {
        ".tar" => TarsKind,
        ".parquet" => ParquetKind,
        ".json" => CocoKind,
        _ when PictureFiles.IsPicture(input) && File.Exists(input) => throw new ToolException($"'{input}' is a picture; expected a folder of them, or a file that names them."),
        _ => File.Exists(input) ? ListKind : throw new ToolException($"There is no file or folder '{input}'."),
    };

    private static string Only(string[] named) => named.Length == 1 ? named[0]
        : throw new ToolException($"There are {named.Length} inputs; only tar and Parquet files may be several.");
}
