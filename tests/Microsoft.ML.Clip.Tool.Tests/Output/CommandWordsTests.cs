using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Messages of the libraries speak of their own options; a command says its own.</summary>
public sealed class CommandWordsTests
{
    private static readonly Type[] OptionTypes = [.. new[] { typeof(ClipModel), typeof(ClipShardPlan) }.SelectMany(t => t.Assembly.GetExportedTypes())
        .Where(t => t.Name.StartsWith("Clip", StringComparison.Ordinal) && t.Name.EndsWith("Options", StringComparison.Ordinal))];

    // Names of one word stand in messages as words, too; those that were once found in messages of commands are looked for all the same.
    private static readonly Regex LibraryName = new($@"\(Parameter '|Clip\w+Options|\b({string.Join('|', OptionTypes.SelectMany(t => t.GetProperties())
        .Select(p => p.Name).Where(n => n.Skip(1).Any(char.IsUpper)).Concat(["Redo", "Variant", "Overwrite"]).Distinct())})\b");

    /// <summary>Fails where a message names an option of a library or a parameter.</summary>
    internal static void RequireIn(string message) =>
        Assert.False(LibraryName.Match(message) is { Success: true } found && found.Value.Length > 0, $"'{LibraryName.Match(message).Value}' is none of a command's words: {message}");

    [Theory]
    [InlineData("Run shard 3 again with ClipShardWorkerOptions.Redo, which replaces it.", "Run shard 3 again with --redo, which replaces it.")]
    [InlineData("(a plan with ClipShardPlanOptions.CheckTimes = false compares lengths alone)", "(a plan with --ignore-times compares lengths alone)")]
    [InlineData("'vision_model_fp16.onnx' (ClipModelOptions.Variant = \"fp16\")", "'vision_model_fp16.onnx' (--variant fp16)")]
    [InlineData("The limit, ClipImagePreprocessorOptions.MaximumPixels, is 9.", "The limit, 'maximum pixels' in a program of your own, is 9.")]
    [InlineData("take scales of each run (ClipQuantizationOptions.Method = Dynamic)", "take scales of each run ('method' in a program of your own)")]
    [InlineData("Set HF_HUB_CACHE or ClipHubOptions.CacheDirectory to another disk.", "Set HF_HUB_CACHE to another disk.")]
    [InlineData("The path is empty. (Parameter 'path')", "The path is empty.")]
    [InlineData("'Redo.jpg' is no picture", "'Redo.jpg' is no picture")]
    public void Of_AMessageOfALibrary_SaysTheCommandsWords(string library, string command) => Assert.Equal(command, CommandWords.Of(library));

    [Fact]
    public void Options_OfTheTable_AreThere()
    {
        var libraries = OptionTypes.SelectMany(t => t.GetProperties().Select(p => $"{t.Name}.{p.Name}")).ToHashSet();
        var commands = CommandTree.Commands().SelectMany(All).SelectMany(c => c.Options).Select(o => o.Name).ToHashSet();

        Assert.All(CommandWords.Options, o => Assert.Contains(o.Key.Split(' ')[0], libraries));
        Assert.All(CommandWords.Options, o => Assert.Contains(o.Value, commands));
    }

    // By the class a command knows an option from a word. Within one expression a message may go on in the next line.
    [Fact]
    public void Messages_OfTheLibraries_NameOptionsWithTheirClass()
    {
        var named = new Regex("""(?<class>\{nameof\((?<type>Clip\w+Options)\)\}\.("\s*\+ \$")?)?\{nameof\((?<owner>Clip\w+Options)\.\w+\)\}""");
        string[] sources = [.. new[] { "Microsoft.ML.Clip", "Microsoft.ML.Clip.Shards" }
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(BuildFacts.RepositoryRoot, "src", p), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))];

        var found = sources.SelectMany(f => named.Matches(File.ReadAllText(f)).Select(m => (File: f, Match: m))).ToArray();

        Assert.True(found.Length > 10, $"only {found.Length} messages name an option");
        Assert.All(found, f => Assert.True(f.Match.Groups["type"].Value == f.Match.Groups["owner"].Value, $"{f.File}: {f.Match.Value} without its class"));
    }

    private static IEnumerable<System.CommandLine.Command> All(System.CommandLine.Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
