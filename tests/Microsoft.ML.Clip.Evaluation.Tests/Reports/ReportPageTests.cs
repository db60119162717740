using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Pages of reports in a browser, as wide as a screen and as narrow as a telephone.</summary>
public sealed partial class ReportPageTests : IDisposable
{
    // Of each frame: how wide it is, and what is in it; how large the smallest text of its plots is; which parts stand out of it, where nothing
    // scrolls, or though they are to be read without that.
    private const string Measure = """
        const scale = ({ a, b, c, d }) => Math.sqrt(Math.abs(a * d - b * c));
        const measure = frame => {
          const page = frame.contentDocument, root = page.documentElement;
          const scrolls = e => e && (page.defaultView.getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
          const isOut = e => !e.closest("svg") && e.getBoundingClientRect().right > root.clientWidth + 1 && (e.localName === "caption" || !scrolls(e.parentElement));
          return {
            name: frame.title, width: root.clientWidth, across: root.scrollWidth,
            text: Math.min(...[...page.querySelectorAll("svg text")].map(t => parseFloat(t.getAttribute("font-size")) * scale(t.getScreenCTM()))),
            out: [...page.querySelectorAll("body *")].filter(isOut).map(e => e.outerHTML.slice(0, 80)),
          };
        };
        addEventListener("load", () => { document.body.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(measure)); });
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Page_OfAnyWidth_FitsIt_AndPlotsCanBeRead()
    {
        var report = Report();
        string pieces = string.Concat(report.Sections[0].Blocks.Select(b => b.ToHtml()));
        File.WriteAllText(_directory.Combine("report.html"), report.ToHtml());
        File.WriteAllText(_directory.Combine("pieces.html"), $"<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<body style=\"margin:0\">\n{pieces}");
        int[] widths = [390, 1280];

        // Windows have a least width, frames have none.
        var frames = Show(string.Concat(widths.SelectMany(_ => (string[])["report", "pieces"], (width, page) =>
            $"<iframe title=\"{page}, {width}\" src=\"{page}.html\" style=\"border:0\" width=\"{width}\" height=\"2000\"></iframe>\n")));

        Assert.Equal([390, 390, 1280, 1280], frames.Select(f => f.Width));
        foreach (var frame in frames)
        {
            Assert.True(frame.Width == frame.Across, $"{frame.Name}: what is on the page is {frame.Across} wide");
            Assert.True(frame.Out.Length == 0, $"{frame.Name}: this stands out of the page: {string.Join('\n', frame.Out)}");
            // Plots are drawn with 12 pixels at least.
            Assert.True(frame.Text > 11.9, $"{frame.Name}: the smallest text of a plot has {frame.Text:F1} pixels");
        }
    }

    // Words and sentences that are longer than a page is wide, and plots that are as wide as they are by themselves, or wider.
    private static ClipReport Report()
    {
        string word = new('w', 90), sentence = string.Join(' ', Enumerable.Repeat("words that go on", 20));
        byte[] png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        return new(word)
        {
            Sections =
            [
                new(sentence)
                {
                    Blocks =
                    [
                        new ClipReportParagraph(word), new ClipReportNote(word),
                        new ClipReportPlot("bars", ClipPlots.Bars(sentence, ClipPlotAxis.Percent("Right, %"), [new("a", 0.5), new(word, 0.9)]), sentence),
                        new ClipReportPlot("map", ClipPlots.HeatMap("", ["a", word], ["a", "b"], [[1, 2], [3, 4]], new() { Width = 1400 }), word),
                        new ClipReportPlot("grid", ClipPlots.Reliability("", [new(10, 0.4, 0.5)]), sentence),
                        new ClipReportTable("wide", sentence)
                        {
                            Columns = [.. Enumerable.Range(0, 12).Select(i => new ClipReportColumn($"column {i}"))],
                            Rows = [[.. Enumerable.Range(0, 12).Select(i => (ClipReportCell)(i == 3 ? word : sentence))]],
                        },
                        new ClipReportImages([new(word, png, word, [new(word, 0.5), new(sentence, 0.25)])], sentence),
                    ],
                },
                new("another"),
            ],
        };
    }

    private Frame[] Show(string frames)
    {
        Assert.SkipUnless(Chromium.Program is not null, Chromium.Missing);
        File.WriteAllText(_directory.Combine("frames.html"), $"<!DOCTYPE html>\n<body>{frames}<script>{Measure}</script>");
        // As root, in a container, its own sandbox does not start.
        string[] arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--hide-scrollbars",
            $"--user-data-dir={_directory.Combine("browser")}", "--dump-dom", new Uri(_directory.Combine("frames.html")).AbsoluteUri];
        var (code, output, error) = Processes.Run(Chromium.Program, arguments);
        var body = Body().Match(output);
        Assert.True(code == 0 && body.Success, $"{Chromium.Program} ended with {code}: {output}\n{error}");
        return JsonSerializer.Deserialize<Frame[]>(WebUtility.HtmlDecode(body.Groups[1].Value), JsonSerializerOptions.Web)!;
    }

    [GeneratedRegex(@"<body>(\[.*\])</body>", RegexOptions.Singleline)]
    private static partial Regex Body();

    private sealed record Frame(string Name, int Width, int Across, double Text, string[] Out);
}
