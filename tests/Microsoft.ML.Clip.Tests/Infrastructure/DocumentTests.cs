using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What documents point to is there: a file that moved takes its mentions along.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Documents = [.. Directory.EnumerateFiles(BuildFacts.RepositoryRoot, "*.md", SearchOption.AllDirectories)
        .Where(f => !Output().IsMatch(Path.GetRelativePath(BuildFacts.RepositoryRoot, f)))];

    [Fact]
    public void Links_InDocuments_LeadToFiles()
    {
        foreach (string document in Documents)
        {
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                string target = Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value);
                // The site has pages and files; a folder is neither.
                Assert.True(File.Exists(target), $"{Name(document)} links to {link.Groups[1].Value}, which is no file that is there");
            }
        }
    }

    [Fact]
    public void Paths_InDocuments_AreThere()
    {
        int paths = 0;
        foreach (string document in Documents)
        {
            foreach (Match path in RepositoryPath().Matches(File.ReadAllText(document)))
            {
                paths++;
                Assert.True(Path.Exists(Path.Combine(BuildFacts.RepositoryRoot, path.Value)), $"{Name(document)} speaks of {path.Value}, which is not there");
            }
        }
        Assert.True(paths > 20, $"only {paths} paths were found: the pattern no longer sees them");
    }

    [Fact]
    public void Links_InThePackagesReadmes_WorkWithoutTheRepository()
    {
        string[] packages = [.. Directory.GetFiles(Path.Combine(BuildFacts.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories)];
        Assert.NotEmpty(packages);
        foreach (string package in packages)
        {
            Assert.DoesNotMatch(Link(), File.ReadAllText(Path.Combine(Path.GetDirectoryName(package)!, "README.md")));
        }
    }

    /// <summary>A page that no index names is found by nobody.</summary>
    [Theory]
    [InlineData("docs", "index.md")]
    [InlineData("docs/adr", "README.md")]
    public void Index_NamesEveryPage(string folder, string index)
    {
        string directory = Path.Combine(BuildFacts.RepositoryRoot, folder), text = File.ReadAllText(Path.Combine(directory, index));
        string[] pages = [.. Directory.GetFiles(directory, "*.md").Select(f => Path.GetFileName(f)).Where(f => f != index)];

        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.Contains($"]({page})", text, StringComparison.Ordinal));
    }

    /// <summary>The site's reference is made of what docfx.json names.</summary>
    [Fact]
    public void Site_HasEveryPackage()
    {
        // A tool has commands, and no API to describe.
        string[] packages = [.. Directory.GetFiles(Path.Combine(BuildFacts.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(f => !File.ReadAllText(f).Contains("<PackAsTool>", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f))];
        string site = File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "docfx.json"));

        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.Contains($"/{package}.dll\"", site, StringComparison.Ordinal));
    }

    /// <summary>What a page of the site links to is on the site, and not in the repository alone.</summary>
    [Fact]
    public void Links_OfTheSitesPages_LeadToItsPagesAndFiles()
    {
        using var site = JsonDocument.Parse(File.ReadAllText(Path.Combine(BuildFacts.RepositoryRoot, "docfx.json")));
        var build = site.RootElement.GetProperty("build");
        Regex[] pages = Patterns(build.GetProperty("content")), all = [.. pages, .. Patterns(build.GetProperty("resource"))];

        int links = 0;
        foreach (string document in Documents.Where(d => Array.Exists(pages, p => p.IsMatch(Name(d)))))
        {
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                links++;
                string target = Name(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value)));
                Assert.True(Array.Exists(all, p => p.IsMatch(target)), $"{Name(document)} links to {target}, which docfx.json leaves out of the site");
            }
        }
        Assert.True(links > 100, $"only {links} links were found: the patterns no longer see the pages");
    }

    /// <summary>The everyday model's head is fitted anew now and then: who names its size, or what its card counts, means the one that is there.</summary>
    [Fact]
    public void Figures_OfTheEverydayHead_AreThoseOfTheFileAndItsCard()
    {
        string model = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "everyday");
        string size = (new FileInfo(Path.Combine(model, "head.safetensors")).Length / 1e6).ToString("F1", CultureInfo.InvariantCulture);
        var counted = RightWordsOfTheCard().Match(File.ReadAllText(Path.Combine(model, "README.md")));
        Assert.True(counted.Success, "The card no longer counts right words among the first five, or in words that this test does not know.");

        int sizes = 0, counts = 0;
        foreach (string document in Documents)
        {
            string text = File.ReadAllText(document);
            foreach (Match named in HeadSize().Matches(text))
            {
                sizes++;
                Assert.True(named.Groups[1].Value == size, $"{Name(document)} says '{named.Value}'; the file has {size} MB");
            }
            foreach (Match named in RightWords().Matches(text))
            {
                counts++;
                Assert.True(named.Groups[1].Value == counted.Groups[1].Value, $"{Name(document)} says '{named.Value}'; the card has {counted.Groups[1].Value}");
            }
        }
        Assert.True(sizes >= 3 && counts >= 1, $"only {sizes} sizes and {counts} counts were found: the patterns no longer see them");
    }

    private static string Name(string document) => Path.GetRelativePath(BuildFacts.RepositoryRoot, document).Replace('\\', '/');

    // docfx.json names files as "samples/**/*.md".
    private static Regex[] Patterns(JsonElement parts) => [.. parts.EnumerateArray().SelectMany(part => part.GetProperty("files").EnumerateArray()
        .Select(file => (part.TryGetProperty("src", out var folder) ? folder.GetString() + "/" : "") + file.GetString()))
        .Select(glob => new Regex($"^{Regex.Escape(glob).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$"))];

    [GeneratedRegex(@"(^|[/\\])(obj|bin|artifacts|node_modules|TestResults|BenchmarkDotNet\.Artifacts)[/\\]")]
    private static partial Regex Output();

    // A link to a file, without the place in it; addresses have a colon.
    [GeneratedRegex(@"\]\(([^():#\s]+)(?:#[^()\s]*)?\)")]
    private static partial Regex Link();

    // A path from the repository's root, as documents write it: at the beginning of quoted code or as a word of a command.
    [GeneratedRegex(@"(?<=[`\s])(?:src|tests|samples|benchmarks|docs|eng)/[\w./-]*\w")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"\bhead of (?:the everyday model, )?(\d+(?:\.\d+)?) MB\b")]
    private static partial Regex HeadSize();

    [GeneratedRegex(@"\b(\d+) have a right word among the first five")]
    private static partial Regex RightWords();

    [GeneratedRegex(@"\| a right word among the first five \| (\d+) ")]
    private static partial Regex RightWordsOfTheCard();
}
