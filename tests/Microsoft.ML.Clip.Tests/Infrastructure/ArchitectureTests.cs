using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The rules of docs/architecture.md, held against the sources. The rooms have a test of their own: <see cref="RoomTests"/>.</summary>
public sealed partial class ArchitectureTests
{
    // .editorconfig's max_line_length, which the formatter does not enforce.
    private const int MaximumColumns = 160;

    private const int MaximumLines = 400, MaximumFilesInARoom = 20;

    private static readonly string Source = Path.Combine(BuildFacts.RepositoryRoot, "src");

    private static IEnumerable<string> Files => SourceFiles.Below(Source);

    // Benchmarks, notebooks, samples and tests included.
    private static IEnumerable<string> Everything => ((string[])["src", "tests", "samples", "benchmarks", "notebooks"])
        .SelectMany(folder => SourceFiles.Below(Path.Combine(BuildFacts.RepositoryRoot, folder)));

    [Fact]
    public void Files_HoldOnePublicType()
    {
        // What is public is looked for by its name; internals that are read together stand together.
        foreach (string file in Files)
        {
            string[] types = [.. PublicType().Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value).Distinct()];
            Assert.True(types.Length <= 1, $"{Path.GetRelativePath(Source, file)} holds several public types: {string.Join(", ", types)}");
            Assert.True(types.Length == 0 || Path.GetFileName(file).Split('.')[0] == types[0], $"{Path.GetRelativePath(Source, file)} holds {types.FirstOrDefault()}");
        }
    }

    [Fact]
    public void Files_FitInTheHead()
    {
        foreach (string file in Files)
        {
            Assert.True(File.ReadLines(file).Count() <= MaximumLines,
                $"{Path.GetRelativePath(Source, file)} has more than {MaximumLines} lines: look for a second idea in it");
        }
    }

    [Fact]
    public void Rooms_FitInTheHead()
    {
        foreach (var room in Files.GroupBy(f => Path.GetDirectoryName(f)!))
        {
            Assert.True(room.Count() <= MaximumFilesInARoom, $"{Path.GetRelativePath(Source, room.Key)} has {room.Count()} files; the most is {MaximumFilesInARoom}");
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

    [GeneratedRegex(@"\$?@?""(?:[^""\\]|\\.)*""")]
    private static partial Regex StringLiteral();

    [GeneratedRegex(@"^public ((static|sealed|abstract|readonly|partial|unsafe|ref) )*(record struct|class|record|struct|interface|enum|delegate [\w<>]+) (?<name>\w+)",
        RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"[/\\](Pipeline|Embedding)[/\\]")]
    private static partial Regex MlNetRoom();

    [GeneratedRegex(@"(Catalog|Estimator|Transformer|Trainer|Column|Columns)(\.\w+)?\.cs$")]
    private static partial Regex MlNetFile();

    [GeneratedRegex(@"\b(IDataView|IHost|DataViewSchema|SchemaShape|ITransformer)\b")]
    private static partial Regex MlNetPlumbing();
}
