using System.CommandLine;

namespace Mlclip;

/// <summary><c>mlclip embed</c>: embeddings of more pictures than one machine takes, under any scheduler.</summary>
internal static class EmbedCommand
{
    public static Command Create() => ToolCommand.Group("embed",
        "Embed any number of pictures: cut the work into shards once (plan), let any number of workers compute them anywhere (run), see what is left (status), "
        + "put it together (merge). A killed worker costs one shard at most, and what is done is never done again.",
        ["mlclip embed plan photos --out job", "mlclip embed run --plan job/plan.json", "mlclip embed status --plan job/plan.json",
            "mlclip embed merge --plan job/plan.json --out embeddings"],
        PlanCommand.Create(), RunCommand.Create(), StatusCommand.Create(), MergeCommand.Create());

    /// <summary>The option that names the plan.</summary>
    public static Option<string> Plan() => new("--plan") { HelpName = "PLAN", Description = "What 'mlclip embed plan' has made: plan.json, or its folder.", Required = true };
}
