using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>docs/recipes/report.md: samples/Report, a program of one file, as a user starts it.</summary>
[Collection(nameof(OneFilePrograms))]
public sealed class ReportRecipe : IDisposable
{
    private readonly RecipeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs()
    {
        string source = Path.Combine(BuildFacts.RepositoryRoot, "samples", "Report", "Report.cs");
        string configuration = typeof(ReportRecipe).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        // On Linux the build goes into this folder, so that nothing stays behind.
        var environment = new Dictionary<string, string?> { ["XDG_DATA_HOME"] = Directory.CreateDirectory(_folder.At("data")).FullName };

        string output = Processes.Dotnet(["run", "--file", source, "-c", configuration, "--",
            Path.GetDirectoryName(RecipeFolder.Photograph("cat.png"))!, _folder.At("report.html")], environment: environment);

        Assert.Contains("6 pictures", output, StringComparison.Ordinal);
        string page = File.ReadAllText(_folder.At("report.html"));
        Assert.Equal(6, Regex.Count(page, "<img src=\"data:image/"));
        Assert.Matches(@"<td>cat\.png\s+<td>tabby cat<td>", page);
        Assert.Matches(@"<td>coffee\.png\s+<td>espresso<td>", page);
        string[] places = Regex.Matches(page, @"<circle cx=""([\d.]+)"" cy=""([\d.]+)""").Select(m => m.Value).ToArray();
        Assert.Equal(6, places.Distinct().Count());
    }
}
