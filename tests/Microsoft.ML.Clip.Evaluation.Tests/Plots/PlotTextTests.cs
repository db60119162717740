using System.Globalization;
using System.Xml.Linq;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Where texts stand in plots: within them, and not on each other.</summary>
public sealed class PlotTextTests
{
    // Letters reach this far above and below the line on which they stand, of a font of size 1; edges may touch.
    private const double Above = 0.72, Below = 0.2, Touch = 0.6;

    public static TheoryData<string> AllKinds => ClipPlotsTests.AllKinds;

    [Theory, MemberData(nameof(AllKinds))]
    public void Texts_OfEveryKind_DoNotCollide(string kind)
    {
        foreach (string name in new[] { "name", "a name that is rather long", new string('W', 300), "日本語の名前" })
        {
            Check(ClipPlotsTests.Draw(kind, name), kind);
        }
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(40, 2)]
    [InlineData(200, 3)]
    public void Texts_OfManyPoints_DoNotCollide(int count, int seed)
    {
        var random = new Random(seed);
        ClipPlotPoint[] points = [.. Enumerable.Range(0, count)
            .Select(i => new ClipPlotPoint(random.NextDouble(), Math.Pow(random.NextDouble(), 2)) { Label = "model number " + i, Group = "group " + (i % 5) })];

        string svg = ClipPlots.Scatter("Many", ClipPlotAxis.Percent("x, %"), ClipPlotAxis.Percent("y, %"), points, new() { HasCorrelation = true, HasIdentityLine = true });

        var texts = Check(svg, "many");
        // A name has its place beside the point, or a number in the list.
        string all = string.Join(' ', texts).Replace('\u00A0', ' ');
        Assert.All(points.Where(_ => count <= 40), p => Assert.Contains(p.Label!, all, StringComparison.Ordinal));
    }

    [Fact]
    public void Texts_OfPublishedModels_DoNotCollide()
    {
        Check(GalleryTests.Figure13().Svg, "figure 13");
        Check(GalleryTests.Average().Svg, "average");
        Check(GalleryTests.Figure5().Svg, "figure 5");
    }

    [Fact]
    public void Bars_Values_StandBehindEndsAndLines()
    {
        string svg = ClipPlots.Bars("t", new("x"), [new("long", 100), new("short", 10) { Interval = new(5, 15) }, new("below", -20)],
            new() { Marks = [new("mean", 17), new("median", 30)] });

        Check(svg, "bars");
    }

    internal static List<string> Check(string svg, string what)
    {
        var root = XDocument.Parse(svg).Root!;
        double width = Number(root, "width"), height = Number(root, "height");
        var boxes = new List<(string Text, double Left, double Top, double Right, double Bottom)>();
        foreach (var text in root.Descendants().Where(e => e.Name.LocalName == "text"))
        {
            double size = Number(text, "font-size"), x = Number(text, "x"), y = Number(text, "y");
            double length = TextWidth.Of(text.Value, size, (string?)text.Attribute("font-weight") is not null);
            double start = (string?)text.Attribute("text-anchor") switch { "end" => -length, "middle" => -length / 2, _ => 0 };
            string? transform = (string?)text.Attribute("transform");
            Assert.True(transform is null || transform.StartsWith("rotate(-90 ", StringComparison.Ordinal), transform);
            var box = transform is null ? (text.Value, x + start, y - (Above * size), x + start + length, y + (Below * size))
                : (text.Value, x - (Above * size), y - start - length, x + (Below * size), y - start);
            Assert.True(box.Item2 > -Touch && box.Item3 > -Touch && box.Item4 < width + Touch && box.Item5 < height + Touch, $"{what}: '{text.Value}' reaches out of the plot: {box}, {width} x {height}");
            foreach (var other in boxes)
            {
                bool collides = box.Item2 < other.Right - Touch && other.Left < box.Item4 - Touch && box.Item3 < other.Bottom - Touch
                    && other.Top < box.Item5 - Touch;
                Assert.False(collides, $"{what}: '{box.Value}' {box} stands on '{other.Text}' {other}");
            }
            boxes.Add(box);
        }
        Assert.NotEmpty(boxes);
        return [.. boxes.Select(b => b.Text)];
    }

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
}
