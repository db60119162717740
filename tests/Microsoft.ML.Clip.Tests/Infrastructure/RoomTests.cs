using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Rooms look one way. Each row of a table is a folder and the folders whose types it may name, all of which stand above it; docs/architecture.md says what
/// each is for. A folder below a room belongs to it unless it has a row of its own. There are no exceptions; a row may be widened, but only upwards.
/// </summary>
public sealed partial class RoomTests
{
    private const string Root = ".";

    private static readonly Dictionary<string, string> Core = Table("""
        Errors        |
        Files         | Errors
        Threading     |
        Numerics      | Threading
        Imaging       | Errors Files Threading Numerics
        Text          | Errors Files Threading Numerics
        Onnx/Graph    | Errors Files Numerics
        Onnx/Editing  | Errors Files Onnx/Graph
        Onnx/Runtime  | Errors Files Threading Numerics Onnx/Graph Onnx/Editing
        Onnx/Quantizing | Errors Files Threading Numerics Onnx/Graph Onnx/Editing Onnx/Runtime
        Hub           | Errors Files
        Model         | Errors Files Threading Numerics Imaging Text Onnx Hub
        Pipeline      | Errors Threading Numerics
        Embedding     | Errors Files Threading Numerics Imaging Text Model Pipeline
        ZeroShot      | Errors Threading Numerics Imaging Text Model Pipeline Embedding
        LinearProbe   | Errors Threading Numerics Pipeline
        Similarity    | Errors Threading Numerics
        LockedTuning  | Errors Files Threading Numerics Imaging Text Onnx Model
        .             | Errors Imaging Model Pipeline Embedding ZeroShot LinearProbe
        """);

    private static readonly Dictionary<string, string> Training = Table("""
        Errors        |
        Architecture  |
        Native        |
        Collectives   | Errors Native
        Networks      | Architecture Native
        Vocabulary    |
        Weights       | Architecture Native
        Export        | Architecture Vocabulary Weights
        Training      | Errors Architecture Native Collectives Networks Vocabulary Weights Export
        """);

    private static readonly Dictionary<string, string> Evaluation = Table("""
        Statistics    |
        Metrics       | Statistics
        Robustness    | Statistics Metrics
        People        | Statistics
        Products      |
        Retrieval     | Statistics Products
        Overlap       | Statistics Products
        Compute       |
        Plots         | Statistics Metrics Robustness
        Reports       | Statistics Metrics Plots
        DataSets      |
        Answers       | Statistics People DataSets
        Benchmarks    | Metrics DataSets
        Transfer      | Statistics Metrics Products DataSets
        Probes        | Products Metrics Transfer
        Bias          | Statistics Metrics Robustness Transfer
        Runs          | Statistics Metrics Products Retrieval Compute Plots Reports DataSets Benchmarks Transfer Probes
        """);

    private static readonly Dictionary<string, string> Extensions = Table("""
        Generators    |
        Services      | Generators
        """);

    private static readonly Dictionary<string, string> Shards = Table("""
        Errors        |
        Files         | Errors
        Inputs        | Errors Files
        Outputs       | Errors Files Inputs
        Formats       | Errors Files
        Plans         | Errors Files Inputs Formats
        Markers       | Errors Files Formats Plans
        Workers       | Errors Files Inputs Outputs Formats Plans Markers
        Merging       | Errors Files Outputs Formats Plans Markers
        """);

    private static readonly Dictionary<string, string> Tool = Table("""
        Output        |
        Models        | Output
        Commands      | Output Models
        Embed         | Output Models Commands
        .             | Output Models Commands Embed
        """);

    // What tests have besides the rooms of the sources.
    private static readonly string[] TestRooms = ["Families", "Golden", "Infrastructure", "Interop", "Packaging", "PublicApi", "Reference", "Samples", "Simulation"];

    private static string Document => Path.Combine(BuildFacts.RepositoryRoot, "docs", "architecture.md");

    public static TheoryData<string> Projects =>
        new("Microsoft.ML.Clip", "Microsoft.ML.Clip.Evaluation", "Microsoft.ML.Clip.Extensions.AI", "Microsoft.ML.Clip.Shards", "Microsoft.ML.Clip.Tool",
            "Microsoft.ML.Clip.TorchSharp");

    [Theory, MemberData(nameof(Projects))]
    public void Rooms_NameOnlyRoomsAboveThem(string project)
    {
        var table = TableOf(project);
        string folder = Path.Combine(BuildFacts.RepositoryRoot, "src", project);
        var files = SourceFiles.Below(folder)
            .Select(f => (Name: Path.GetRelativePath(folder, f).Replace('\\', '/'), Code: SourceFiles.Code(File.ReadAllText(f)))).ToArray();
        var homes = files.SelectMany(f => TypeDeclaration().Matches(f.Code).Select(m => (Type: m.Groups["name"].Value, Room: RoomOf(table, f.Name)))).Distinct()
            .ToLookup(t => t.Type, t => t.Room);
        var errors = from file in files
                     let room = RoomOf(table, file.Name)
                     from type in TypeName().Matches(file.Code).Select(m => m.Value).Distinct()
                     from home in homes[type]
                     where home != room && !MayName(table[room], home)
                     select $"{file.Name} names {type} of {home}; {room} may name: {table[room]}";

        string all = string.Join('\n', errors.Order(StringComparer.Ordinal));
        Assert.True(all.Length == 0, all);
    }

    [Theory, MemberData(nameof(Projects))]
    public void Table_NamesOnlyRoomsAbove(string project)
    {
        string[] rows = [.. TableOf(project).Keys];
        for (int i = 0; i < rows.Length; i++)
        {
            foreach (string named in TableOf(project)[rows[i]].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                Assert.True(rows[..i].Any(above => above == named || above.StartsWith(named + "/", StringComparison.Ordinal)), $"{rows[i]} is to name {named}, which does not stand above it");
            }
        }
    }

    [Theory, MemberData(nameof(Projects))]
    public void Document_NamesEveryFolder(string project)
    {
        string document = File.ReadAllText(Document), sources = Path.Combine(BuildFacts.RepositoryRoot, "src", project);
        string[] folders = [.. SourceFiles.Below(sources).SelectMany(f => Path.GetDirectoryName(Path.GetRelativePath(sources, f))!.Split('/', '\\'))
            .Where(f => f.Length > 0).Distinct()];

        Assert.NotEmpty(folders);
        Assert.All(folders, f => Assert.Contains($"`{f}`", document, StringComparison.Ordinal));
    }

    // What the catalog may name stands there as well.
    [Fact]
    public void Document_SaysWhatTheRootMayName()
    {
        string line = File.ReadLines(Document).Single(l => l.Contains("| `ClipCatalog` |", StringComparison.Ordinal));
        string named = line[line.IndexOf("may name", StringComparison.Ordinal)..];

        var rooms = RoomName().Matches(named).Select(m => m.Groups[1].Value);
        Assert.Equal(Core[Root].Split(' ').Order(StringComparer.Ordinal), rooms.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Projects))]
    public void Tests_StandInTheRoomsOfTheSources(string project)
    {
        string tests = Path.Combine(BuildFacts.RepositoryRoot, "tests", project + ".Tests"), sources = Path.Combine(BuildFacts.RepositoryRoot, "src", project);
        foreach (string file in SourceFiles.Below(tests))
        {
            string folder = Path.GetDirectoryName(Path.GetRelativePath(tests, file))!;
            bool isKnown = TestRooms.Contains(folder.Split('/', '\\')[0]) || Directory.Exists(Path.Combine(sources, folder));
            Assert.True(isKnown, $"{Path.GetRelativePath(tests, file)} stands in a room that the sources do not have");
        }
    }

    private static Dictionary<string, string> TableOf(string project) => project switch
    {
        "Microsoft.ML.Clip" => Core,
        "Microsoft.ML.Clip.Evaluation" => Evaluation,
        "Microsoft.ML.Clip.Extensions.AI" => Extensions,
        "Microsoft.ML.Clip.Shards" => Shards,
        "Microsoft.ML.Clip.Tool" => Tool,
        _ => Training,
    };

    private static Dictionary<string, string> Table(string text) =>
        text.Split('\n').Select(line => line.Split('|')).ToDictionary(row => row[0].Trim(), row => row[1].Trim());

    private static string RoomOf(Dictionary<string, string> table, string file)
    {
        for (string? folder = Path.GetDirectoryName(file); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            if (table.ContainsKey(folder.Replace('\\', '/')))
            {
                return folder.Replace('\\', '/');
            }
        }
        Assert.True(!file.Contains('/', StringComparison.Ordinal) && table.ContainsKey(Root), $"{file} stands in a room that the table does not have");
        return Root;
    }

    private static bool MayName(string rooms, string room) =>
        rooms.Split(' ').Any(r => r == room || room.StartsWith(r + "/", StringComparison.Ordinal));

    [GeneratedRegex(@"^(public|internal) ((static|sealed|abstract|readonly|partial|unsafe|ref) )*(record struct|class|record|struct|interface|enum|delegate [\w<>]+) (?<name>\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex RoomName();

    // A name that is not the member of something else.
    [GeneratedRegex(@"(?<![.\w])[A-Z]\w+")]
    private static partial Regex TypeName();
}
