using System.Xml.Linq;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Who may use the internals of a project in <c>src</c>. A new project stands on the public API, as users do; to accept another friend is to lengthen this
/// list.
/// </summary>
public sealed class FriendAssemblyTests
{
    private static readonly string Source = Path.Combine(BuildFacts.RepositoryRoot, "src");

    private static readonly Dictionary<string, string[]> Friends = new()
    {
        ["Microsoft.ML.Clip"] = ["Microsoft.ML.Clip.Benchmarks", "Microsoft.ML.Clip.Fuzz", "Microsoft.ML.Clip.Tests", "Microsoft.ML.Clip.TorchSharp", "Microsoft.ML.Clip.TorchSharp.Tests"],
        ["Microsoft.ML.Clip.Evaluation"] = ["Microsoft.ML.Clip.Evaluation.Tests"],
        ["Microsoft.ML.Clip.Shards"] = ["Microsoft.ML.Clip.Fuzz", "Microsoft.ML.Clip.Shards.Tests"],
        ["Microsoft.ML.Clip.Tool"] = ["Microsoft.ML.Clip.Tool.Tests"],
        ["Microsoft.ML.Clip.TorchSharp"] = ["Microsoft.ML.Clip.Fuzz", "Microsoft.ML.Clip.TorchSharp.Benchmarks", "Microsoft.ML.Clip.TorchSharp.Tests"],
    };

    [Fact]
    public void InternalsVisibleTo_OfEveryProject_IsTheListWithItsReasons()
    {
        foreach (string project in Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories))
        {
            string name = Path.GetFileNameWithoutExtension(project);
            XElement[] friends = [.. XDocument.Load(project).Descendants("InternalsVisibleTo")];

            Assert.Equal(Friends.GetValueOrDefault(name, []), friends.Select(f => f.Attribute("Include")!.Value).Order(StringComparer.Ordinal));
            Assert.All(friends, f => Assert.True(f.NodesBeforeSelf().LastOrDefault(n => n is not XText) is XComment,
                $"{name}.csproj says no reason, in a comment above it, why {f.Attribute("Include")!.Value} may use its internals"));
        }
    }

    [Fact]
    public void InternalsVisibleTo_InTheSources_IsNowhere()
    {
        // The attribute would be another way in, past the list.
        foreach (string file in Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Where(f => !BuildOutput(Path.GetRelativePath(Source, f))))
        {
            Assert.False(File.ReadAllText(file).Contains("InternalsVisibleTo", StringComparison.Ordinal), $"{file} has InternalsVisibleTo; its place is the project file");
        }
    }

    private static bool BuildOutput(string path) => path.Split(Path.DirectorySeparatorChar) is [_, "obj" or "bin", ..];
}
