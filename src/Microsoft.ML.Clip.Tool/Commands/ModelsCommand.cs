using System.CommandLine;

namespace Mlclip;

/// <summary><c>mlclip models</c>: the cache of models, which Hugging Face's Python library has, too.</summary>
internal static class ModelsCommand
{
    private const string WhatIdIs = "The id of a repository on the hub, such as Xenova/clip-vit-base-patch32; ID@REVISION for a branch, tag or commit.";

    public static Command Create() => ToolCommand.Group("models",
        "Download, list, check and remove models. They lie in the cache of Hugging Face's Python library: $HF_HUB_CACHE, else ~/.cache/huggingface/hub.",
        [$"mlclip models download {ModelChoice.DefaultId}", "mlclip models list"], Download(), List(), Verify(), Remove());

    private static ToolCommand Download()
    {
        var id = Id(WhatIdIs);
        var variant = new Option<string?>("--variant") { HelpName = "NAME", Description = "Which of several exports: fp16, quantized, ... Default: the one without a name." };
        var all = new Option<bool>("--all") { Description = "All files of the repository, also those that no model needs. Data sets (datasets/...) come whole." };
        return ToolCommand.Of("download",
            "Download a model: the files of one variant, each checked against its hash. What is there already does not come again, and what was cut goes on.",
            [$"mlclip models download {ModelChoice.DefaultId}", $"mlclip models download {ModelChoice.DefaultId} --variant quantized"], [id, variant, all], (parse, output, stop) =>
            {
                string named = parse.GetRequiredValue(id);
                var (repository, revision) = ModelChoice.Split(named);
                if (parse.GetValue(all) || named.StartsWith("datasets/", StringComparison.Ordinal))
                {
                    using var progress = new DownloadProgress(output, repository);
                    new ClipHub(new() { Revision = revision, Progress = progress }).Download(repository, cancellationToken: stop);
                }
                else
                {
                    ModelChoice.OpenHub(named, new() { Variant = parse.GetValue(variant) }, output, stop).Dispose();
                }
                var snapshot = ModelChoice.Cached(repository, revision).Last();
                output.Facts(new(repository, snapshot.Directory, snapshot.Files.Count, snapshot.Bytes), ToolJson.Lines.DownloadResult,
                    [("model", repository), ("directory", snapshot.Directory), ("files", $"{snapshot.Files.Count}"), ("size", PrintedText.Size(snapshot.Bytes))]);
                return ExitCode.Done;
            });
    }

    private static ToolCommand List() => ToolCommand.Of("list", "List what is in the cache: models and data sets, with their commits and sizes.", ["mlclip models list"], [],
        (_, output, _) =>
        {
            var hub = new ClipHub();
            int count = 0;
            using (var table = output.Table(ToolJson.Lines.CachedModelResult, ("model", m => m.Id), ("revision", m => string.Join(", ", m.Revisions)),
                ("commit", m => m.Commit[..Math.Min(12, m.Commit.Length)]), ("files", m => $"{m.Files}"), ("size", m => PrintedText.Size(m.Bytes)), ("directory", m => m.Directory)))
            {
                foreach (var s in hub.List())
                {
                    table.Add(new(s.Id, s.Commit, s.Revisions, s.Files.Count, s.Bytes, s.Directory));
                    count++;
                }
            }
            if (count == 0)
            {
                output.Say($"mlclip: nothing is cached in {hub.CacheDirectory}. 'mlclip models download {ModelChoice.DefaultId}' brings a model to begin with.");
            }
            return ExitCode.Done;
        });

    private static ToolCommand Verify()
    {
        var id = Id("The id; without it everything in the cache.", isOptional: true);
        var repair = new Option<bool>("--remove-damaged") { Description = "Remove what is damaged, so that it comes anew when it is next needed." };
        return ToolCommand.Of("verify", "Read cached files and compare their hashes with those that the hub has told. Ends with 1 where something is damaged.",
            [$"mlclip models verify {ModelChoice.DefaultId}"], [id, repair], (parse, output, stop) =>
            {
                var hub = new ClipHub();
                string[] cached = [.. hub.List().Select(s => s.Id).Distinct()];
                string[] ids = parse.GetValue(id) is not { } only ? cached : cached.Contains(only) ? [only] : throw NotCached(only, hub);
                int damaged = 0;
                using (var table = output.Table(ToolJson.Lines.FaultResult, ("model", f => f.Id), ("commit", f => f.Commit[..Math.Min(12, f.Commit.Length)]),
                    ("file", f => f.File), ("problem", f => f.Problem)))
                {
                    foreach (string name in ids)
                    {
                        foreach (var fault in hub.Verify(name, parse.GetValue(repair), stop))
                        {
                            damaged += fault.IsDamaged ? 1 : 0;
                            table.Add(new(name, fault.Commit, fault.File, fault.Text, fault.IsDamaged));
                        }
                    }
                }
                output.Say($"mlclip: checked {(ids.Length == 1 ? ids[0] : $"{ids.Length} repositories")}, {PrintedText.Count(damaged, "damaged file")}.");
                return damaged > 0 ? ExitCode.Retry : ExitCode.Done;
            });
    }

    private static ToolCommand Remove()
    {
        var id = Id("The id.");
        var commit = new Option<string?>("--commit") { HelpName = "HASH", Description = "Only this commit, 40 hexadecimal digits as 'mlclip models list --json' has them." };
        return ToolCommand.Of("remove", "Remove a model from the cache, for all programs that use it.", [$"mlclip models remove {ModelChoice.DefaultId}"], [id, commit],
            (parse, output, _) =>
            {
                var hub = new ClipHub();
                string name = parse.GetRequiredValue(id);
                if (hub.List().All(s => s.Id != name))
                {
                    throw NotCached(name, hub);
                }
                long freed = hub.Remove(name, parse.GetValue(commit));
                output.Facts(new(name, freed), ToolJson.Lines.RemovalResult, [("removed", name), ("freed", PrintedText.Size(freed))]);
                return ExitCode.Done;
            });
    }

    private static Argument<string> Id(string description, bool isOptional = false)
    {
        var id = new Argument<string>("ID") { Description = description, Arity = isOptional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne };
        // What is cached is what can be verified and removed.
        id.CompletionSources.Add(_ => new ClipHub().List().Select(s => s.Id).Distinct());
        return id;
    }

    private static ToolException NotCached(string id, ClipHub hub) => new($"'{id}' is not in the cache {hub.CacheDirectory}; 'mlclip models list' shows what is.");
}
