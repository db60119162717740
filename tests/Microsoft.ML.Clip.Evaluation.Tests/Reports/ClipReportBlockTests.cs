using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.DotNet.Interactive.Formatting;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Parts of reports by themselves: in a page that is not ours, and in a notebook's cell.</summary>
public sealed partial class ClipReportBlockTests
{
    private const string Hostile = "<script>alert('x')</script>\"&\u0001\u202E";

    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    public static TheoryData<string> Kinds => ["paragraph", "note", "table", "plot", "images"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ToHtml_HostileText_IsEncoded_AndNothingBreaksOut(string kind)
    {
        string html = Of(kind).ToHtml();

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u0001', html);
        Assert.DoesNotContain('\u202E', html);
        // Void elements aside it is one well-formed element.
        var root = XDocument.Parse(Void().Replace(html, "<$1$2/>")).Root!;
        Assert.Equal(("div", "clip-piece"), (root.Name.LocalName, root.Attribute("class")?.Value));
        Assert.Contains("<script>alert('x')</script>", root.Value + string.Concat(root.Descendants().Attributes().Select(a => a.Value)), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ToHtml_LoadsNothing_AndHasNoAnchors(string kind)
    {
        string html = Of(kind).ToHtml();

        // The name of SVG's namespace is all that looks like an address; an anchor would be another's, too, where a page has two pieces.
        Assert.DoesNotMatch("https?:|\\bsrc=\"(?!data:)|url\\(|@import|<link", html.Replace("xmlns=\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal));
        Assert.DoesNotMatch("\\bid=\"", html);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Notebook_ShowsABlockAsItsHtml(string kind)
    {
        var block = Of(kind);

        Assert.Equal(block.ToHtml(), block.ToDisplayString("text/html"));
        Assert.Contains("text/html", Formatter.GetPreferredMimeTypesFor(block.GetType()));
    }

    [Fact]
    public void Notebook_ShowsAReport_AndNotItsMembers()
    {
        var report = new ClipReport("Title & more") { Sections = [new("First") { Blocks = [Of("table"), Of("plot")] }, new("Second")] };

        string shown = report.ToDisplayString("text/html");

        Assert.StartsWith("<div class=\"clip-piece\">", shown, StringComparison.Ordinal);
        Assert.Equal(["Title &amp; more", "First", "Second"], Regex.Matches(shown, "<h[23][^>]*>([^<]*)</h[23]>").Select(m => m.Groups[1].Value));
        Assert.Contains("<svg", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_WhatCannotBeWritten_SaysWhy()
    {
        Assert.Contains("none of JPEG, PNG, GIF and WebP", Message(ClipReportCell.Picture("x.bmp", "BM6"u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("a picture without a name", Message(new() { Image = Png }), StringComparison.Ordinal);

        static string Message(ClipReportCell cell) =>
            Assert.Throws<ArgumentException>(new ClipReportTable("t", "c") { Columns = [new("n")], Rows = [[cell]] }.ToHtml).Message;
    }

    [Fact]
    public void Picture_InATable_IsShownOnPages_AndNamedInTexts()
    {
        var table = new ClipReportTable("t", "c") { Columns = [new("Photograph"), new("n", ClipReportFormat.Count)], Rows = [[ClipReportCell.Picture("a \"cat\".png", Png), 1]] };
        var report = new ClipReport("r") { Sections = [new("s") { Blocks = [table] }] };

        Assert.Contains($"<img class=\"clip-thumb\" alt=\"a &quot;cat&quot;.png\" src=\"data:image/png;base64,{Convert.ToBase64String(Png)}\">", report.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("| a \"cat\".png | 1 |", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal("Photograph,n\r\n\"a \"\"cat\"\".png\",1\r\n", table.ToCsv());
        Assert.Contains("\\u0022cat\\u0022.png", report.ToJson(), StringComparison.Ordinal);
    }

    private static ClipReportBlock Of(string kind) => kind switch
    {
        "paragraph" => new ClipReportParagraph(Hostile),
        "note" => new ClipReportNote(Hostile),
        "table" => new ClipReportTable("t" + Hostile, Hostile) { Columns = [new(Hostile), new("x")], Rows = [[Hostile, ClipReportCell.Picture(Hostile, Png)]] },
        "plot" => new ClipReportPlot("p" + Hostile, ClipPlots.Bars(Hostile, new(Hostile), [new(Hostile, 1)]), Hostile),
        _ => new ClipReportImages([new(Hostile, Png, Hostile, [new(Hostile, 0.5)])], Hostile),
    };

    [GeneratedRegex("<(img|br)((?:\"[^\"]*\"|[^\">])*)>")]
    private static partial Regex Void();
}
