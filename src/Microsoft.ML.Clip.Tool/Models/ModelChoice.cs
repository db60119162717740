using System.CommandLine;

namespace Mlclip;

/// <summary>
/// Which model a command uses: what <c>--model</c> names, else what the environment names, else the one to begin with. A name is a directory, a hub's id, or
/// <c>tiny</c> for the small one that comes with the tool.
/// </summary>
/// <param name="isPlanned">Whether it is a plan that says which model it is, where nobody else does.</param>
internal sealed class ModelChoice(bool isPlanned = false)
{
    /// <summary>The model to begin with: docs/hub.md.</summary>
    public const string DefaultId = "Xenova/clip-vit-base-patch32";

    /// <summary>The length of its embeddings, as it is known before it is there.</summary>
    private const int DefaultDimension = 512;

    /// <summary>The model of 5 MB that comes with the tool.</summary>
    public const string Tiny = "tiny";

    /// <summary>Names the model where no option does.</summary>
    public const string Variable = "MLCLIP_MODEL";

    private const string Offline = "On a machine without a network give --model DIR, a directory with a model, or --model tiny, a toy of 5 MB that comes with mlclip.";

    public Option<string?> Model { get; } = new("--model", "-m")
    {
        HelpName = "DIR|ID|tiny",
        Description = $"A directory with a model, the id of one on the Hugging Face hub (ID@REVISION for a commit), or 'tiny'. Default: ${Variable}, else "
            + (isPlanned ? "the plan's." : $"{DefaultId}, which is downloaded once (about 600 MB). 'tiny' comes with mlclip, is 5 MB and knows 210 names: for trying out."),
    };

    public Option<string?> Variant { get; } = new("--variant")
    {
        HelpName = "NAME",
        Description = $"Which of several exports to use: fp16, quantized, int8, ... Default: {(isPlanned ? "the plan's" : "the one without a name")}.",
    };

    public void AddTo(Command command)
    {
        command.Add(Model);
        command.Add(Variant);
    }

    /// <summary>The options as they were given, to be given again: empty, or with a space before each.</summary>
    public string Arguments(ParseResult parse) => Given(parse, Model) + Given(parse, Variant);

    /// <summary>Opens the model, after downloading what is missing of it. What it has to say is said.</summary>
    /// <exception cref="ToolException">The name is none.</exception>
    /// <exception cref="ClipHubException">It cannot be had.</exception>
    public ClipModel Open(ParseResult parse, ToolOutput output, CancellationToken stop)
    {
        var options = new ClipModelOptions { Variant = parse.GetValue(Variant) };
        return Listened(Named(parse) is { } named ? OpenNamed(named, options, output, stop) : OpenDefault(options, output, stop), output);
    }

    /// <summary>Opens the model of embeddings that are there. Without a name, that is not the one to begin with if their length is not.</summary>
    /// <exception cref="ToolException">The name is none, or there has to be one.</exception>
    /// <exception cref="ClipHubException">It cannot be had.</exception>
    public ClipModel OpenFor(int dimension, ParseResult parse, ToolOutput output, CancellationToken stop) =>
        Named(parse) is null && dimension != DefaultDimension
            ? throw new ToolException($"The embeddings have {dimension} values, and those of {DefaultId} {DefaultDimension}: --model names the model that made them.")
            : Open(parse, output, stop);

    /// <summary>
    /// Opens the model of a plan: what is named, else what the plan names. A model of the hub is downloaded if it is the plan's, and not to find out that it is
    /// another one.
    /// </summary>
    /// <exception cref="ToolException">The name is none, or that of another model than the plan's.</exception>
    /// <exception cref="ClipHubException">It cannot be had.</exception>
    public ClipModel OpenPlanned(ParseResult parse, ClipShardPlanOptions plan, ToolOutput output, CancellationToken stop)
    {
        var options = new ClipModelOptions { Variant = parse.GetValue(Variant) ?? plan.ModelVariant };
        string? given = Named(parse), planned = plan.ModelName;
        if (given is null && planned is null)
        {
            throw new ToolException("The plan does not say with which model it was made; --model names it.");
        }
        string named = given ?? planned!;
        if (given is null && Directory(named) is null && !IsId(named))
        {
            throw new ToolException($"The plan was made with the model '{named}', which is not on this machine; --model says where it is here.");
        }
        if (planned is not null && Directory(named) is null && IsId(named))
        {
            if (Split(named).Id == Split(planned).Id)
            {
                // The plan has the very commit.
                named = Split(named).Revision is null ? planned : named;
            }
            else if (planned == Tiny || IsId(planned))
            {
                return Listened(OpenCached(named, planned, options, stop), output);
            }
        }
        return Listened(OpenNamed(named, options, output, stop), output);
    }

    /// <summary>What the model is called on other machines: a directory as a full path, a hub's id with its commit.</summary>
    public string NameForOthers(ParseResult parse)
    {
        string named = Named(parse) ?? DefaultId;
        if (System.IO.Directory.Exists(named))
        {
            return Path.GetFullPath(named);
        }
        var (id, revision) = Split(named);
        return named != Tiny && Cached(id, revision ?? "main").LastOrDefault() is { } snapshot ? $"{id}@{snapshot.Commit}" : named;
    }

    /// <summary>A model as it lies on the disk: a directory, or what is cached of a hub's id. Nothing is downloaded.</summary>
    /// <exception cref="ToolException">It is not there.</exception>
    public static string FindDirectory(string named)
    {
        if (Directory(named) is { } directory)
        {
            return directory;
        }
        if (!IsId(named))
        {
            throw NoModel(named);
        }
        var (id, revision) = Split(named);
        ClipHubSnapshot[] cached = [.. Cached(id, revision)];
        return cached.Length > 0 ? (cached.FirstOrDefault(s => s.Revisions.Contains("main")) ?? cached[^1]).Directory
            : throw new ToolException($"'{named}' is no directory here and is not in the cache: 'mlclip models download {named}' brings it.");
    }

    /// <summary>What is cached of a repository, or of one of its revisions.</summary>
    public static IEnumerable<ClipHubSnapshot> Cached(string id, string? revision) =>
        new ClipHub().List().Where(s => s.Id == id && (revision is null || s.Commit == revision || s.Revisions.Contains(revision)));

    /// <summary>An id and, behind an @, a revision of it.</summary>
    public static (string Id, string? Revision) Split(string named) =>
        named.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? (named[..at], named[(at + 1)..]) : (named, null);

    /// <summary>Downloads what is missing of a hub's model, with a bar, and opens it.</summary>
    public static ClipModel OpenHub(string named, ClipModelOptions options, ToolOutput output, CancellationToken stop)
    {
        var (id, revision) = Split(named);
        using var progress = new DownloadProgress(output, id);
        return ClipModel.FromHub(id, new() { Revision = revision, Progress = progress }, options, stop);
    }

    private static string Given(ParseResult parse, Option<string?> option) =>
        parse.GetValue(option) is { } value ? $" {option.Name} {PrintedText.Shell(value)}" : "";

    private static string? Environmental => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable ? variable : null;

    private string? Named(ParseResult parse) => parse.GetValue(Model) ?? Environmental;

    private static ClipModel Listened(ClipModel clip, ToolOutput output)
    {
        clip.Message += (_, message) =>
        {
            if (message.Kind == ClipModelMessageKind.Warning)
            {
                output.Say($"mlclip: {CommandWords.Of(message.Text)}");
            }
        };
        return clip;
    }

    private static ClipModel OpenNamed(string named, ClipModelOptions options, ToolOutput output, CancellationToken stop) =>
        Directory(named) is { } directory ? ClipModel.Load(directory, options) : IsId(named) ? OpenHub(named, options, output, stop) : throw NoModel(named);

    private static ClipModel OpenCached(string named, string planned, ClipModelOptions options, CancellationToken stop)
    {
        var (id, revision) = Split(named);
        try
        {
            return ClipModel.FromHub(id, new() { Revision = revision, Offline = true }, options, stop);
        }
        catch (ClipHubException e) when (e.Problem == ClipHubProblem.NotCached)
        {
            throw new ToolException($"The plan was made with the model '{planned}', and '{named}' is another one, which is not downloaded for it: "
                + $"leave out --model and ${Variable}, or give --model {PrintedText.Shell(planned)}.");
        }
    }

    private static ClipModel OpenDefault(ClipModelOptions options, ToolOutput output, CancellationToken stop)
    {
        if (!Cached(DefaultId, revision: null).Any())
        {
            output.Say($"mlclip: no --model was given: {DefaultId} is taken, which is downloaded once.");
        }
        try
        {
            return OpenHub(DefaultId, options, output, stop);
        }
        catch (ClipHubException e) when (e.Problem is ClipHubProblem.Unreachable or ClipHubProblem.NotCached)
        {
            throw new ToolException($"No --model was given, so '{DefaultId}' is wanted, and it cannot be downloaded: {e.Message} {Offline}",
                e.Problem == ClipHubProblem.Unreachable ? ExitCode.Retry : ExitCode.BadInput);
        }
    }

    private static string? Directory(string named) => System.IO.Directory.Exists(named) ? named
        : File.Exists(named) ? throw new ToolException($"'{named}' is a file; a model is a directory.")
        : named == Tiny ? Path.Combine(AppContext.BaseDirectory, "models", Tiny) : null;

    // organisation/name; what begins with a dot, a slash or a tilde is meant as a path.
    private static bool IsId(string named) => Split(named).Id.Split('/') is [[not ('.' or '~'), ..], [_, ..]];

    private static ToolException NoModel(string named) => new(
        $"'{named}' is no model: expected a directory, the id of a hub's repository such as {DefaultId}, or '{Tiny}'.");
}
