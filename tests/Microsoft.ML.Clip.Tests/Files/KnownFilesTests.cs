using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>A name that is written twice can be written differently.</summary>
public sealed class KnownFilesTests
{
    private static readonly string[] Names = [.. typeof(KnownFiles).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (string)f.GetRawConstantValue()!).Where(n => n.Contains('.', StringComparison.Ordinal))];

    [Fact]
    public void FileNames_StandInOnePlace()
    {
        var literal = new Regex($"[\"/]({string.Join('|', Names.Select(Regex.Escape))})\"");
        var found = new List<string>();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(BuildFacts.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories))
        {
            found.AddRange(literal.Matches(File.ReadAllText(file)).Select(m => $"{Path.GetFileName(file)}: {m.Groups[1].Value}"));
        }
        Assert.Equal(Names.Select(n => "KnownFiles.cs: " + n).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }
}
