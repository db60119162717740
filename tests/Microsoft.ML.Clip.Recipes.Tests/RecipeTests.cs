using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// docs/recipes, held against the code that tests run. Every block of C# in a recipe stands in a source file of a test, or of a sample that a test runs,
/// word for word, behind a line <c>// docs/recipes/NAME.md</c> and before a line <c>// end</c>; <c>At("...")</c> there stands for the plain path in the text.
/// </summary>
public sealed partial class RecipeTests
{
    private static readonly string Folder = Path.Combine(BuildFacts.RepositoryRoot, "docs", "recipes");

    public static TheoryData<string> Recipes => [.. Directory.GetFiles(Folder, "*.md").Select(f => Path.GetFileName(f)).Where(f => f != "README.md")];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Code_OfARecipe_StandsInATest(string recipe)
    {
        string[] tested = [.. TestedCode(recipe)];
        string[] blocks = [.. CodeBlock().Matches(File.ReadAllText(Path.Combine(Folder, recipe))).Select(m => m.Groups[1].Value)];

        Assert.NotEmpty(blocks);
        foreach (string block in blocks)
        {
            // Using directives cannot stand inside a method; the test's file compiles with them, or the compiler says so.
            string code = Words(UsingDirective().Replace(block, ""));
            Assert.True(tested.Any(t => t.Contains(code, StringComparison.Ordinal)), $"docs/recipes/{recipe} has code that no test runs:\n{block}");
        }
        // Nor does a test run what the recipe no longer says.
        string written = Words(UsingDirective().Replace(string.Join('\n', blocks), ""));
        Assert.All(tested, t => Assert.True(written.Contains(t, StringComparison.Ordinal), $"a test runs code that docs/recipes/{recipe} does not have:\n{t}"));
    }

    /// <summary>
    /// A friend of ML.NET compiles what a reader of the recipe cannot. Friends of its ONNX step alone, as the tests of the training, see nothing that a recipe
    /// would name.
    /// </summary>
    [Theory]
    [MemberData(nameof(Recipes))]
    public void Code_OfARecipe_CompilesWithoutFriends(string recipe)
    {
        var sources = Sources().Where(f => MarkedPiece().Matches(File.ReadAllText(f)).Any(p => p.Groups["recipe"].Value == recipe));
        string[] projects = [.. sources.Select(ProjectOf).Distinct()];

        Assert.NotEmpty(projects);
        Assert.All(projects, p => Assert.DoesNotMatch("FriendReference Include=\"Microsoft.ML.(Core|Data)\"", File.ReadAllText(p)));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Index_NamesEveryRecipe(string recipe) =>
        Assert.Contains($"]({recipe})", File.ReadAllText(Path.Combine(Folder, "README.md")), StringComparison.Ordinal);

    /// <summary>The pieces of all tests and samples that are marked as a recipe's.</summary>
    private static IEnumerable<string> TestedCode(string recipe)
    {
        foreach (string source in Sources())
        {
            string text = File.ReadAllText(source);
            if (text.Contains($"docs/recipes/{recipe}", StringComparison.Ordinal))
            {
                foreach (var piece in MarkedPiece().Matches(text).Where(p => p.Groups["recipe"].Value == recipe))
                {
                    yield return Words(At().Replace(UsingDirective().Replace(piece.Groups["code"].Value, ""), "$1"));
                }
            }
        }
    }

    private static IEnumerable<string> Sources() =>
        ((string[])["tests", "samples"]).SelectMany(folder =>
            Directory.EnumerateFiles(Path.Combine(BuildFacts.RepositoryRoot, folder), "*.cs", SearchOption.AllDirectories)).Where(f => !BuildOutput().IsMatch(f));

    /// <summary>The project file of a source, in the nearest folder above it that has one; the source itself where it is a program of one file.</summary>
    private static string ProjectOf(string source)
    {
        var root = new DirectoryInfo(BuildFacts.RepositoryRoot);
        for (var folder = Directory.GetParent(source); folder is not null && folder.FullName.Length > root.FullName.Length; folder = folder.Parent)
        {
            if (folder.EnumerateFiles("*.csproj").FirstOrDefault() is { } project)
            {
                return project.FullName;
            }
        }
        return source;
    }

    /// <summary>The text without what a formatter may change.</summary>
    private static string Words(string code) => WhiteSpace().Replace(code, " ").Trim();

    [GeneratedRegex(@"[/\\](obj|bin)[/\\]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"^\s*// docs/recipes/(?<recipe>[\w-]+\.md)\r?\n(?<code>.*?)^\s*// end\b", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex MarkedPiece();

    [GeneratedRegex("""At\(("[^"]*")\)""")]
    private static partial Regex At();

    [GeneratedRegex(@"^using [\w.]+;\r?\n", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
