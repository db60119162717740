using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The rules of docs/architecture.md, held against the sources.</summary>
public sealed partial class ArchitectureTests
{
    // .editorconfig's max_line_length, which the formatter does not enforce.
    private const int MaximumColumns = 160;

    private static readonly string Source = Path.Combine(BuildFacts.RepositoryRoot, "src");

    private static IEnumerable<string> Files => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
        .Where(f => !Generated().IsMatch(Path.GetRelativePath(Source, f)));

    // Benchmarks, samples and tests included.
    private static IEnumerable<string> Everything => ((string[])["src", "tests", "samples", "benchmarks"])
        .Select(folder => Path.Combine(BuildFacts.RepositoryRoot, folder))
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Where(f => !Output().IsMatch(f));

    [Fact]
    public void Files_HoldOneTopLevelType()
    {
        foreach (string file in Files)
        {
            int types = TopLevelType().Count(File.ReadAllText(file));
            Assert.True(types <= (Path.GetFileName(file) == "BatchMapper.cs" || Path.GetFileName(file) == "ColumnBuffer.cs" ? 2 : 1),
                $"{Path.GetRelativePath(Source, file)} holds {types} types; a generic type may stand with its base, others get a file of their own");
        }
    }

    [Fact]
    public void Files_FitInTheHead()
    {
        foreach (string file in Files)
        {
            Assert.True(File.ReadLines(file).Count() <= 400, $"{Path.GetRelativePath(Source, file)} has more than 400 lines: look for a second idea in it");
        }
    }

    [Fact]
    public void Lines_FitTheColumns()
    {
        foreach (string file in Everything)
        {
            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                Assert.True(StringLiteral().Replace(line, "\"\"").Length <= MaximumColumns,
                    $"{Path.GetRelativePath(BuildFacts.RepositoryRoot, file)}:{number} has more than {MaximumColumns} columns outside its string literals");
            }
        }
    }

    [Fact]
    public void Stages_DoNotNameMlNetsPlumbing()
    {
        // IDataView and its kin are for Pipeline, Embedding, the catalog, and files that say in their names that they belong to ML.NET.
        foreach (string file in Files)
        {
            string relative = Path.GetRelativePath(Source, file);
            if (MlNetRoom().IsMatch(relative) || MlNetFile().IsMatch(relative))
            {
                continue;
            }
            Assert.False(MlNetPlumbing().IsMatch(File.ReadAllText(file)), $"{relative} names IDataView, IHost, DataViewSchema or SchemaShape");
        }
    }

    [GeneratedRegex(@"^[^/\\]+[/\\](obj|bin)[/\\]")]
    private static partial Regex Generated();

    [GeneratedRegex(@"[/\\](obj|bin)[/\\]")]
    private static partial Regex Output();

    [GeneratedRegex(@"\$?@?""(?:[^""\\]|\\.)*""")]
    private static partial Regex StringLiteral();

    [GeneratedRegex(@"^(public|internal) (static |sealed |abstract |readonly |partial |unsafe |ref )*(class|record|struct|interface|enum|delegate)\b", RegexOptions.Multiline)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"[/\\](Pipeline|Embedding)[/\\]")]
    private static partial Regex MlNetRoom();

    [GeneratedRegex(@"(Catalog|Estimator|Transformer|Trainer|Column|Columns)(\.\w+)?\.cs$")]
    private static partial Regex MlNetFile();

    [GeneratedRegex(@"\b(IDataView|IHost|DataViewSchema|SchemaShape|ITransformer)\b")]
    private static partial Regex MlNetPlumbing();
}
