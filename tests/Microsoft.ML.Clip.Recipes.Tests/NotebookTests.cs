using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The notebooks, as a user starts them. Each ends with an error where its figures are not what it tells; here the pages are looked at, too. Sets beside the
/// clone are left alone, so that it is the same everywhere; CLIP_SLOW_TESTS=1 takes them.
/// </summary>
[Collection(nameof(OneFilePrograms))]
public sealed partial class NotebookTests : IDisposable
{
    private static readonly string Folder = Path.Combine(BuildFacts.RepositoryRoot, "notebooks");

    private readonly RecipeFolder _folder = new();

    public static TheoryData<string> Notebooks => [.. Directory.GetFiles(Folder, "*.cs").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Notebooks))]
    public void Runs_AndWritesAPageThatStandsAlone(string notebook)
    {
        string page = _folder.At("report.html");
        var environment = new Dictionary<string, string?>
        {
            // On Linux the build goes into this folder, so that nothing stays behind.
            ["XDG_DATA_HOME"] = Directory.CreateDirectory(_folder.At("data")).FullName,
            ["CLIP_NOTEBOOKS"] = Environment.GetEnvironmentVariable("CLIP_SLOW_TESTS") == "1" ? null : "small",
        };
        string configuration = typeof(NotebookTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

        string output = Processes.Dotnet(["run", "--file", Path.Combine(Folder, notebook), "-c", configuration, "--", page], environment: environment);

        Assert.Contains(page, output, StringComparison.Ordinal);
        string html = File.ReadAllText(page);
        Assert.Matches("<img [^>]*src=\"data:image/", html);
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.True(Regex.Count(html, "<h2") >= (notebook.StartsWith("02", StringComparison.Ordinal) ? 1 : 2), "the page has fewer sections than its story");
        // The name of SVG's namespace is all that looks like an address.
        Assert.DoesNotMatch(Loads(), html.Replace("xmlns=\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal));
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Notebooks))]
    public void Index_NamesEveryNotebook(string notebook) =>
        Assert.Contains($"`dotnet run notebooks/{notebook}`", File.ReadAllText(Path.Combine(Folder, "README.md")), StringComparison.Ordinal);

    [Fact]
    public void ReadmesCode_Runs()
    {
        using var clip = ClipModel.Load(RecipeFolder.TinyClip);
        string[] paths = [RecipeFolder.Photograph("cat.png"), RecipeFolder.Photograph("dog.jpg"), RecipeFolder.Photograph("koala.jpg")];

        // notebooks/README.md
        float[][] embeddings = clip.EncodeImages(paths);
        var matches = ClipSimilarity.TopK(clip.EncodeText("a cat asleep on a chair"), embeddings, 3);
        var nearest = matches.ToTable(paths, "a cat asleep on a chair");     // as a cell's last line: the photographs, their ranks and cosines

        var classifier = ClipZeroShotClassifier.Create(clip, ["cat", "dog"], ["a photo of a {}."]);
        ClipZeroShotPrediction[] predictions = [.. embeddings.Select(e => classifier.Classify(e))];
        string html = predictions.ToTable(classifier, paths).ToHtml();                   // or as text, for a page of one's own
        // end

        Assert.Equal(3, nearest.Rows.Count);
        Assert.Equal(3, Regex.Count(html, "<img "));
    }

    // What makes a browser ask somebody for something.
    [GeneratedRegex("https?:|\\bsrc=\"(?!data:)|<link|@import|url\\(|<iframe|<object|<embed", RegexOptions.IgnoreCase)]
    private static partial Regex Loads();
}
