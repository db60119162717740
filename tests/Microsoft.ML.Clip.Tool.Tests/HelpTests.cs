using System.CommandLine;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The help of every command, written down; to accept a change, run the tests with CLIP_ACCEPT_HELP=1 in the environment, then read the difference.
/// </summary>
public sealed class HelpTests
{
    private static readonly string GoldenFile = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tool.Tests", "Golden", "help.txt");

    private static IEnumerable<string[]> All => new[] { Array.Empty<string>() }.Concat(CommandTree.Commands().SelectMany(c => Below(c, [])));

    [Fact]
    public void Help_OfEveryCommand_IsTheListedOne()
    {
        var text = new StringBuilder();
        foreach (string[] command in All)
        {
            string help = ToolRun.Of([.. command, "--help"]).Expect(0).Out.ReplaceLineEndings("\n");
            text.Append("$ mlclip ").AppendJoin(' ', [.. command, "--help"]).Append('\n').Append(help).Append('\n');
        }
        string actual = string.Join('\n', text.ToString().Split('\n').Select(l => l.TrimEnd()));
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_HELP") == "1")
        {
            File.WriteAllText(GoldenFile, actual);
        }

        Assert.Equal(File.ReadAllText(GoldenFile), actual);
    }

    [Theory]
    [InlineData("docs/command-line.md")]
    [InlineData("src/Microsoft.ML.Clip.Tool/README.md")]
    public void Commands_OfAPage_CanBeParsed(string page)
    {
        string[] commands = [.. File.ReadLines(Path.Combine(BuildFacts.RepositoryRoot, page)).Where(l => l.StartsWith("mlclip ", StringComparison.Ordinal))];

        Assert.NotEmpty(commands);
        Assert.All(commands, c => Assert.Empty(Parse(c)));
    }

    [Fact]
    public void Help_OfEveryCommand_HasAnExampleThatCanBeParsed()
    {
        Assert.All(All.Skip(1), command =>
        {
            string help = ToolRun.Of([.. command, "--help"]).Out;
            string[] examples = [.. help[help.IndexOf("Example", StringComparison.Ordinal)..].Split('\n').Skip(1).Select(l => l.Trim())
                .Where(l => l.StartsWith("mlclip ", StringComparison.Ordinal))];
            Assert.NotEmpty(examples);
            Assert.All(examples, e => Assert.Empty(Parse(e)));
        });
    }

    [Theory]
    [InlineData]
    [InlineData("models")]
    [InlineData("embed")]
    [InlineData("probe")]
    public void Group_WithoutACommand_ShowsItsHelp(params string[] arguments) =>
        Assert.Equal(ToolRun.Of([.. arguments, "--help"]).Out, ToolRun.Of(arguments).Expect(0).Out);

    [Fact]
    public void Suggestions_ForTheBeginningOfACommand_HaveItsContinuations()
    {
        // System.CommandLine gives all that the letters are in, and those that begin with them first; the shell keeps the latter.
        Assert.Equal(["classify", "completion", "search"], ToolRun.Of("[suggest:1]", "c").Expect(0).Lines);
        Assert.Contains("--labels-file", ToolRun.Of("[suggest:14]", "classify --lab").Expect(0).Lines);
    }

    // As a shell would have it, without what it does itself.
    private static IEnumerable<string> Parse(string line)
    {
        var root = new RootCommand();
        root.Add(new Option<bool>("--json") { Recursive = true });
        foreach (var command in CommandTree.Commands())
        {
            root.Add(command);
        }
        return root.Parse(line.Split('>')[0].Replace("$SLURM_ARRAY_TASK_ID", "3", StringComparison.Ordinal)["mlclip ".Length..]).Errors.Select(e => e.Message);
    }

    private static IEnumerable<string[]> Below(System.CommandLine.Command command, string[] names)
    {
        string[] own = [.. names, command.Name];
        return command.Subcommands.SelectMany(c => Below(c, own)).Prepend(own);
    }
}
