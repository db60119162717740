using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.Clip.Tests;

public sealed partial class ClipReportTests
{
    private const string Hostile = "<script>alert('x')</script>\"&\u0001\u202E שלום";

    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    [Fact]
    public void ToHtml_HoldsEverything_AndLoadsNothing()
    {
        string html = Small().ToHtml();

        Assert.Contains("<h1 dir=\"auto\">Report</h1>", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\" dir=\"auto\">DTD</th>", html, StringComparison.Ordinal);
        Assert.Contains("55.3 (54.1 to 56.5)", html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"#transfer\">Transfer</a>", html, StringComparison.Ordinal);
        Assert.Contains("<section id=\"transfer\">", html, StringComparison.Ordinal);
        // The name of SVG's namespace is all that looks like an address.
        string rest = html.Replace("xmlns=\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal);
        Assert.DoesNotMatch(Loads(), rest);
        Assert.DoesNotContain("<script", rest, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void ToHtml_HostileText_IsEncodedEverywhere()
    {
        var report = new ClipReport(Hostile)
        {
            Language = Hostile,
            Sections =
            [
                new(Hostile)
                {
                    Blocks =
                    [
                        new ClipReportParagraph(Hostile), new ClipReportNote(Hostile),
                            new ClipReportPlot("p" + Hostile, ClipPlots.Bars(Hostile, new(Hostile), [new(Hostile, 1)]), Hostile),
                        new ClipReportTable("t" + Hostile, Hostile) { Columns = [new(Hostile)], Rows = [[Hostile], [new string('x', 300)]] },
                        new ClipReportImages([new(Hostile, Png, Hostile, [new(Hostile, 0.5)])], Hostile),
                    ],
                },
                new(Hostile),
            ],
        };

        string html = report.ToHtml();

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u0001', html);
        // Void elements and the document type aside, the page is well-formed XML: nothing has broken out of an attribute or an element.
        string xml = Void().Replace(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<$1$2/>");
        // Twice in the head and above, contents and headings two each, paragraph and note, captions of the plot, the images and the table, its two cells, the
        // image's class.
        Assert.Equal(14, XDocument.Parse(xml).Descendants().Count(e => e.Name.LocalName != "style" && !e.HasElements
            && e.Value.StartsWith("<script>alert('x')</script>", StringComparison.Ordinal) && e.Name.NamespaceName.Length == 0));
        Assert.DoesNotContain("<script", report.ToMarkdown().Replace("\\<script", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(Hostile, JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("title").GetString());
    }

    [Fact]
    public void ToMarkdown_IsTablesAndLinks()
    {
        string markdown = Small().ToMarkdown();

        Assert.Contains("# Report\n\n## Transfer\n\nFirst.\n\nSecond.\n", markdown, StringComparison.Ordinal);
        Assert.Contains("| Set | Rows | Score, % |\n|---|---:|---:|\n| DTD | 1,880 | 55.3 (54.1 to 56.5) |\n| a\\|b |  |  |\n", markdown, StringComparison.Ordinal);
        Assert.Contains("> Beware.\n", markdown, StringComparison.Ordinal);
        Assert.Contains("![A bar\\.](plots/one-bar.svg)".Replace("\\", "", StringComparison.Ordinal), markdown, StringComparison.Ordinal);
        Assert.Contains("- cat: cat 90.0%, dog 10.0%\n", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void ToJson_HasTheNumbersUnrounded()
    {
        var blocks = JsonDocument.Parse(Small().ToJson()).RootElement.GetProperty("sections")[0].GetProperty("blocks");

        var table = blocks.EnumerateArray().Single(b => b.GetProperty("kind").GetString() == "table");
        Assert.Equal("tables/scores.csv", table.GetProperty("file").GetString());
        Assert.Equal(0.5531914893617021, table.GetProperty("rows")[0][2].GetProperty("value").GetDouble());
        Assert.Equal(JsonValueKind.Null, table.GetProperty("rows")[1][1].ValueKind);
    }

    [Fact]
    public void Report_HalvesOfSurrogates_AreReplacedInEveryForm()
    {
        using var directory = new TemporaryDirectory();
        string half = "x\uD800y", folder = directory.Combine("report");
        new ClipReport(half) { Sections = [new(half) { Blocks = [new ClipReportTable("t", half) { Columns = [new(half)], Rows = [[half]] }] }] }.Save(folder);

        Assert.All(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories),
            f => Assert.Contains("x\uFFFDy", File.ReadAllText(f).Replace("\\uFFFD", "\uFFFD", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Equal("x\uFFFDy", JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.json"))).RootElement.GetProperty("title").GetString());
    }

    [Fact]
    public void ToCsv_IsRfc4180()
    {
        var table = new ClipReportTable("t", "c")
        {
            Columns = [new("a,b"), new("n", ClipReportFormat.Percent)],
            Rows = [["say \"x\"\nand y", ClipReportCell.Of(0.5, new(0.25, 0.75))], [" z ", default]],
        };

        Assert.Equal("\"a,b\",n,n_lower,n_upper\r\n\"say \"\"x\"\"\nand y\",0.5,0.25,0.75\r\n\" z \",,,\r\n", table.ToCsv());
        var read = CsvTable.Parse(table.ToCsv(), "it");
        Assert.Equal(("say \"x\"\nand y", "0.75", " z "), (read[0, "a,b"], read[0, "n_upper"], read[1, "a,b"]));
        Assert.Equal(4, read.LineOf(1));
    }

    [Theory]
    [InlineData(double.NaN, "Row 1 (counted from 0) of the table 't' has NaN for 'n'")]
    [InlineData(double.PositiveInfinity, "Row 1 (counted from 0) of the table 't' has Infinity for 'n'")]
    public void Report_NoNumber_IsNamed(double value, string message)
    {
        var table = new ClipReportTable("t", "c") { Columns = [new("n", ClipReportFormat.Number)], Rows = [[1.0], [value]] };

        Assert.Contains(message, Assert.Throws<ArgumentException>(table.ToCsv).Message, StringComparison.Ordinal);
        Assert.Contains(message, Assert.Throws<ArgumentException>(Of(table).ToHtml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_ThatCannotBeWritten_SaysWhy()
    {
        ClipReportTable good = new("t", "c") { Columns = [new("n")], Rows = [["x"]] };
        Says("has 2 cells for 1 columns", good with { Rows = [["x", "y"]] });
        Says("has no column", good with { Columns = [] });
        Says("digits behind the point", good with { Columns = [new("n", ClipReportFormat.Number, 16)] });
        Says("an interval of no number", good with { Rows = [[new ClipReportCell { Interval = new(0, 1) }]] });
        Says("tables have the name 't'", good, good with { Caption = "another" });
        Says("without a letter or digit", good with { Name = "—" });
        Says("There is no image for 'none'", new ClipReportImages([], "none"));

        static void Says(string what, params ClipReportBlock[] blocks) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(Of(blocks).ToHtml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_NamesThatDifferInNothingThatAFileHas_AreNumbered_AndLongOnesKeepTheirEnd()
    {
        ClipReportTable table = new("t", "c") { Columns = [new("n")], Rows = [["x"]] };
        string[] names = ["日本 classes", "中国 classes", "a-b", "a_b", $"{new string('n', 200)} classes", $"{new string('n', 200)} confusions"];
        using var directory = new TemporaryDirectory();

        Of([.. names.Select(n => table with { Name = n })]).Save(directory.Combine("report"));

        Assert.Equal(["a-b-2.csv", "a-b.csv", "classes-2.csv", "classes.csv", $"{new string('n', 40)}-{new string('n', 28)}-confusions.csv", $"{new string('n', 40)}-{new string('n', 31)}-classes.csv"],
            Directory.GetFiles(directory.Combine("report/tables")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Table_RoundsToNothing_WithoutASign() =>
        Assert.Contains("<td class=\"n\" dir=\"auto\">0.0</td>", Of(new ClipReportTable("t", "c") { Columns = [new("a"), new("n", ClipReportFormat.Number)], Rows = [["x", -0.01]] }).ToHtml(),
            StringComparison.Ordinal);

    private static ClipReport Of(params ClipReportBlock[] blocks) => new("R") { Sections = [new("S") { Blocks = blocks }] };

    private static ClipReport Small() => new("Report")
    {
        Sections =
        [
            new("Transfer")
            {
                Blocks =
                [
                    new ClipReportParagraph("First.\n\nSecond."), new ClipReportNote("Beware."),
                    new ClipReportTable("scores", "Scores")
                    {
                        Columns = [new("Set"), new("Rows", ClipReportFormat.Count), new("Score", ClipReportFormat.Percent)],
                        Rows = [["DTD", 1880, ClipReportCell.Of(1040 / 1880.0, new(0.541, 0.565))], ["a|b", default, default]],
                    },
                    new ClipReportPlot("One bar", ClipPlots.Bars("Bars", new("x"), [new("one", 1)]), "A bar."),
                    new ClipReportImages([new("i.png", Png, "cat", [new("cat", 0.9), new("dog", 0.1)])], "Images"),
                ],
            },
            new("Rest"),
        ],
    };

    // What makes a browser ask somebody for something.
    [GeneratedRegex("https?:|\\bsrc=\"(?!data:)|<link|@import|url\\(|<iframe|<object|<embed", RegexOptions.IgnoreCase)]
    private static partial Regex Loads();

    [GeneratedRegex("<(meta|img|br)((?:\"[^\"]*\"|[^\">])*)>")]
    private static partial Regex Void();
}
