using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.Clip.Tests;

public sealed partial class ClipPlotsTests
{
    private static readonly ClipPlotAxis X = new("across"), Y = ClipPlotAxis.Percent("upwards, %"), Log = new("log") { Scale = ClipPlotScale.Logarithmic },
        Shots = new("shots") { Scale = ClipPlotScale.Shots };

    private static readonly Dictionary<string, Func<string, string>> Kinds = new()
    {
        ["Scatter"] = n => ClipPlots.Scatter(n, X, Y,
            [new(1, 0.2) { Label = n, Group = n, YInterval = new(0.1, 0.3), XInterval = new(0.5, 1.5) }, new(2, 0.4) { IsMuted = true, Group = n }],
            new() { HasCorrelation = true, HasZeroLine = true, Arrows = [new(1, 0.2, 2, 0.4, n)] }),
        ["Equal"] = n => ClipPlots.Scatter(n, Y, Y, [new(0.1, 0.2) { Label = n }, new(0.5, 0.9)], new() { HasEqualAxes = true, HasIdentityLine = true }),
        ["LogitScatter"] = n => ClipPlots.LogitScatter(n, n, n, [new(0.3, 0.2) { Label = n, YInterval = new(0, 1) }, new(0.8, 0.9) { Label = n }],
            new() { Line = ClipRobustnessLine.Fit([(0.2, 0.1), (0.5, 0.4), (0.9, 0.8)]), HasIdentityLine = true }),
        ["Lines"] = n => ClipPlots.Lines(n, Shots, Y,
        [new(n, [new(0, 0.5) { Label = n }]), new(n + "2", [new(1, 0.1), new(16, 0.5) { YInterval = new(0.4, 0.6) }, new(ClipPlotAxis.WholeSet, 0.9)]),
            new("muted" + n, [new(1, 0.1), new(2, 0.2)]) { IsMuted = true }]),
        ["Log"] = n => ClipPlots.Lines(n, Log, Log,
        [new(n, [new(0.01, 1), new(1000, 5) { YInterval = new(1, 9) }, new(2000, 8) { YInterval = new(7, 9) }]) { HasBand = true, DottedFrom = 1 }]),
        ["Names"] = n => ClipPlots.Lines(n, new(n) { Scale = ClipPlotScale.Names, Names = [n, "b", "c"] }, Y, [new(n, [new(0, 0.1), new(2, 0.3)])]),
        ["Bars"] = n => ClipPlots.Bars(n, X, [new(n, 3) { Interval = new(2, 4) }, new("b", -2) { Text = n }], new() { Marks = [new(n, 1)] }),
        ["LogBars"] = n => ClipPlots.Bars(n, Log, [new(n, 300), new("b", 0.2) { Text = "< 1" }]),
        ["Reliability"] = n => ClipPlots.Reliability(n, [new(10, 0.3, 0.2), new(30, 0.95, 1)]),
        ["HeatMap"] = n => ClipPlots.HeatMap(n, [n, "b"], [n, "d"], [[1, null], [-3, 0]], new() { RowTitle = n, ColumnTitle = n }),
        ["Overlap"] = n => ClipPlots.Overlap(n, n, [new(0.02, 0.01) { Label = n, YInterval = new(-0.1, 0.1) }, new(0.2, -0.01)]),
    };

    public static TheoryData<string> AllKinds => [.. Kinds.Keys];

    public static string Draw(string kind, string name) => Kinds[kind](name);

    [Theory, MemberData(nameof(AllKinds))]
    public void Plot_Foreigners_AreEncodedWhole(string kind)
    {
        foreach (string name in new[] { "<script>alert('x')</script>\"&", "a_{1} ^{2}", "\u202Eשלום العربية", new string('W', 300), "\u0001\uD800\uFFFF\n", "]]>--><!--", "", "  " })
        {
            var svg = XDocument.Parse(Kinds[kind](name), LoadOptions.PreserveWhitespace).Root!;

            Assert.Equal(("svg", "http://www.w3.org/2000/svg"), (svg.Name.LocalName, svg.Name.NamespaceName));
            Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName is "script" or "foreignObject" or "image" or "a" or "use");
            Assert.DoesNotContain(svg.Descendants().Attributes(),
                a => a.Name.LocalName is "id" or "href" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
            // What does not fit is whole in a tooltip, the title's in the plot's own; what XML cannot hold is marked as that.
            string whole = Clean(name);
            Assert.True(string.IsNullOrWhiteSpace(whole)
                || svg.Descendants().Any(e => e.Name.LocalName == "title" && e.Value.Contains(whole, StringComparison.Ordinal)), $"'{whole}' is not in {kind}");
            Assert.DoesNotContain('\uE000', svg.ToString());
        }
    }

    [Theory, MemberData(nameof(AllKinds))]
    public void Plot_InAnyCulture_IsTheSame(string kind)
    {
        string invariant = Kinds[kind]("name");
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal(invariant, Kinds[kind]("name"));
            CultureInfo.CurrentCulture = new CultureInfo("fa-IR");
            Assert.Equal(invariant, Kinds[kind]("name"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
        Assert.DoesNotMatch("NaN|Infinity|∞", invariant);
        Assert.DoesNotMatch(CommaDecimals(), invariant);
    }

    [Theory, MemberData(nameof(AllKinds))]
    public void Plot_HasATitleAndColoursThatAPageMaySet(string kind)
    {
        var svg = XDocument.Parse(Kinds[kind]("The title")).Root!;

        Assert.Equal(("img", "The title"), ((string?)svg.Attribute("role"), (string?)svg.Attribute("aria-label")));
        Assert.Equal("title", svg.Elements().First().Name.LocalName);
        // Every colour has a class, by which the page's variable holds; the attribute is for who knows no styles.
        foreach (string paint in new[] { "fill", "stroke" })
        {
            Assert.All(svg.Descendants().Where(e => (string?)e.Attribute(paint) is { } colour && colour != "none"),
                e => Assert.Contains(paint[0] + "-", ((string?)e.Attribute("class") ?? "").Split(' ').Select(c => c.Length > 2 ? c[..2] : c)));
        }
    }

    public static TheoryData<string, string, Action> Refused => new()
    {
        { "Point 1 (counted from 0), 'b', has the value NaN on the axis 'across'", "points", () => ClipPlots.Scatter("t", X, Y, [new(1, 0.5), new(double.NaN, 0.5) { Label = "b" }]) },
        { "Point 0 (counted from 0) has the value Infinity on the axis 'upwards, %'", "points", () => ClipPlots.Scatter("t", X, Y, [new(1, double.PositiveInfinity)]) },
        { "has an interval from 0.5 to NaN", "points", () => ClipPlots.Scatter("t", X, Y, [new(1, 0.5) { YInterval = new(0.5, double.NaN) }]) },
        { "has an interval from 0.6 to 0.5", "points", () => ClipPlots.Scatter("t", X, Y, [new(1, 0.5) { XInterval = new(0.6, 0.5) }]) },
        { "There is no point for the plot 't'", "points", () => ClipPlots.Scatter("t", X, Y, []) },
        { "'a', has the value 1 on the axis 'y'; expected a number above 0 and below 1", "points", () => ClipPlots.LogitScatter("t", "x", "y", [new(0.5, 1) { Label = "a" }]) },
        { "has the value 0 on the axis 'Rows that overlap, %'; expected a number above 0", "points", () => ClipPlots.Overlap("t", "y", [new(0, 0.1)]) },
        { "Arrow 0 (counted from 0), end 1 (counted from 0) has the value NaN", "options", () => ClipPlots.Scatter("t", X, Y, [new(1, 0.5)], new() { Arrows = [new(1, 0.5, 2, double.NaN)] }) },
        { "There is no line for the plot 't'", "lines", () => ClipPlots.Lines("t", X, Y, []) },
        { "The line 'l' of the plot 't' has no point", "lines", () => ClipPlots.Lines("t", X, Y, [new("l", [])]) },
        { "Line 'l', point 0 (counted from 0) has the value 0.5 on the axis 'shots'; expected 0, a number from 1 on", "lines", () => ClipPlots.Lines("t", Shots, Y, [new("l", [new(0.5, 0.5)])]) },
        { "has the value 3 on the axis 'n'; expected 0 to 1", "lines", () => ClipPlots.Lines("t", new("n") { Scale = ClipPlotScale.Names, Names = ["a", "b"] }, Y, [new("l", [new(3, 0.5)])]) },
        { "There is no bar for the plot 't'", "bars", () => ClipPlots.Bars("t", X, []) },
        { "Bar 0 (counted from 0), 'b', has the value NaN", "bars", () => ClipPlots.Bars("t", X, [new("b", double.NaN)]) },
        { "has the scale Logit", "axis", () => ClipPlots.Bars("t", X with { Scale = ClipPlotScale.Logit }, [new("b", 0.5)]) },
        { "There is no bin", "bins", () => ClipPlots.Reliability("t", []) },
        { "Bin 0 (counted from 0) has 0 rows", "bins", () => ClipPlots.Reliability("t", [new(0, 0.5, 0.5)]) },
        { "'r', has NaN for 'c'", "values", () => ClipPlots.HeatMap("t", ["r"], ["c"], [[double.NaN]]) },
        { "has 2 numbers for 1 columns", "values", () => ClipPlots.HeatMap("t", ["r"], ["c"], [[1, 2]]) },
        { "There are 0 rows and 1 columns", "", () => ClipPlots.HeatMap("t", [], ["c"], []) },
        { "There is no image", "images", () => ClipPlots.ImageGrid([]) },
        { "'i', is none of JPEG, PNG, GIF and WebP", "", () => ClipPlots.ImageGrid([new("i", "<svg/>"u8.ToArray(), "a", [new("a", 1)])]) },
        { "has the probability NaN for 'a'", "", () => ClipPlots.ImageGrid([new("i", "GIF89a"u8.ToArray(), "a", [new("a", double.NaN)])]) },
        { "is 200 wide, of which", "", () => ClipPlots.Lines("t", X, new("") { Scale = ClipPlotScale.Names, Names = [new string('W', 99)] }, [new("l", [new(1, 0)])], 200) },
        { "would go from 2 to 1", "", () => ClipPlots.Scatter("t", X with { Minimum = 2, Maximum = 1 }, Y, [new(1, 0.5)]) },
    };

    [Theory, MemberData(nameof(Refused))]
    public void Plot_WithoutAPlace_IsNamed(string message, string parameter, Action draw)
    {
        var exception = Assert.ThrowsAny<ArgumentException>(draw);

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.Equal(parameter, exception.ParamName ?? "");
    }

    [Theory]
    [InlineData(ClipPlotScale.Linear, false)]
    [InlineData(ClipPlotScale.Linear, true)]
    [InlineData(ClipPlotScale.Logarithmic, false)]
    [InlineData(ClipPlotScale.Logit, true)]
    [InlineData(ClipPlotScale.Shots, false)]
    public void Plot_AnyFiniteNumbers_AreDrawnOrRefused(ClipPlotScale scale, bool isPercent)
    {
        var random = new Random(11);
        ClipPlotAxis axis = new("x") { Scale = scale, IsPercent = isPercent };
        int drawn = 0;
        for (int i = 0; i < 100; i++)
        {
            double power = Math.Pow(10, random.Next(-320, 309)), apart = Math.Pow(10, -random.Next(0, 18));
            double[] values = [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Number(1 + (apart * random.NextDouble())))];
            try
            {
                PlotTextTests.Check(ClipPlots.Scatter("t", axis, axis, [.. values.Select(v => new ClipPlotPoint(v, v) { YInterval = new(v, v) })]), "any");
                drawn++;
                if (scale is ClipPlotScale.Linear or ClipPlotScale.Logarithmic)
                {
                    PlotTextTests.Check(ClipPlots.Bars("t", axis, [.. values.Select(v => new ClipPlotBar("b", v) { Text = "" })]), "bars");
                }
            }
            catch (ArgumentException e) when (e.Message.Contains("too far apart", StringComparison.Ordinal) || e.Message.Contains("no place", StringComparison.Ordinal)
                || e.Message.Contains("expected", StringComparison.Ordinal))
            {
            }

            double Number(double factor) => scale switch
            {
                ClipPlotScale.Linear => (random.Next(2) == 0 ? -1 : 1) * power * factor,
                ClipPlotScale.Logarithmic => power * factor,
                ClipPlotScale.Logit => power < 1 ? power * factor / 2 : 1 - (factor * apart / 3),
                _ => power < 1 ? 0 : Math.Max(1, power * factor),
            };
        }
        Assert.InRange(drawn, 30, 100);
    }

    [Fact]
    public void Plot_WithoutATitle_IsNamedByWhatItShows() =>
        Assert.Equal("Points: 1; across: across; upwards: upwards, %.", (string?)XDocument.Parse(ClipPlots.Scatter("", X, Y, [new(1, 0.5)])).Root!.Attribute("aria-label"));

    [Fact]
    public void Lines_MutedOnes_HaveANameOrANumber()
    {
        ClipPlotLine named = new("named", [new(1, 0.1), new(2, 0.2)]), first = new("first", named.Points) { IsMuted = true },
            second = new("second", named.Points) { IsMuted = true };

        Assert.Contains(">first</text>", ClipPlots.Lines("t", X, Y, [named, first, first]), StringComparison.Ordinal);
        Assert.Contains(">2 others</text>", ClipPlots.Lines("t", X, Y, [named, first, second]), StringComparison.Ordinal);
        Assert.Contains(">each of 2</text>", ClipPlots.Lines("t", X, Y, [first, second]), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_BelowZero_HaveAMinusAndWhatRoundsToNothingNone()
    {
        string bars = ClipPlots.Bars("t", X, [new("a", -3), new("b", -0.01)]), map = ClipPlots.HeatMap("t", ["r"], ["c", "d"], [[-0.4, -7]]);

        foreach (string svg in new[] { bars, map })
        {
            string[] texts = [.. XDocument.Parse(svg).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
            Assert.DoesNotContain(texts, x => x.StartsWith('-') || x is "\u22120" or "\u22120.0");
            Assert.Contains(texts, x => x is "0" or "0.0");
            Assert.Contains(texts, x => x is "\u22123.0" or "\u22127");
        }
    }

    [Fact]
    public void Scatter_Name_StandsBesideItsIntervals()
    {
        string svg = ClipPlots.Scatter("t", X, Y, [new(5, 0.5) { Label = "name", XInterval = new(1, 9), YInterval = new(0.1, 0.9) }]);

        var root = XDocument.Parse(svg).Root!;
        var text = root.Descendants().Single(e => e.Name.LocalName == "text" && e.Value == "name");
        var point = root.Descendants().Single(e => e.Name.LocalName == "ellipse");
        double across = Of(text, "x") - Of(point, "cx"), up = Of(point, "cy") - Of(text, "y"), half = TextWidth.Of("name", Of(text, "font-size")) / 2;
        Assert.True(Math.Abs(across) > half && up is > 3 or < -12, $"the name is {across} to the right of its point, and {up} above");

        static double Of(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Plot_AxesOfTheCaller_KeepWhatIsOutsideOut()
    {
        ClipPlotAxis x = X with { Minimum = 0, Maximum = 10 }, y = Y with { Minimum = 0.2, Maximum = 0.6 };
        ClipPlotPoint[] points = [new(1, 0.3) { Label = "in", YInterval = new(0, 1) }, new(11, 0.3) { Label = "right" }, new(5, 0.1) { Label = "below" }];

        string[] plots = [ClipPlots.Scatter("t", x, y, points, new() { Arrows = [new(-5, 0.3, 20, 0.9)] }), ClipPlots.Lines("t", x, y, [new("l", points)])];

        foreach (string svg in plots)
        {
            Assert.Contains(">Outside of the axes, and not drawn: 2.</text>", svg, StringComparison.Ordinal);
            Assert.Contains(">in</text>", svg, StringComparison.Ordinal);
            Assert.DoesNotContain(">right</text>", svg, StringComparison.Ordinal);
        }
        PlotTextTests.Check(ClipPlots.Bars("t", x, [new("long", 300), new("below", -300)]), "bars");
    }

    [Fact]
    public void Plot_MoreThanCanBeToldApart_IsRefused()
    {
        ClipPlotPoint[] points = [.. Enumerable.Range(0, 57).Select(i => new ClipPlotPoint(i, 0.5) { Group = "g" + i })];
        ClipPlotLine[] lines = [.. points.Select(p => new ClipPlotLine(p.Group!, [p]))];

        Assert.Contains("57 groups", Assert.Throws<ArgumentException>(() => ClipPlots.Scatter("t", X, Y, points)).Message, StringComparison.Ordinal);
        Assert.Contains("57 lines", Assert.Throws<ArgumentException>(() => ClipPlots.Lines("t", X, Y, lines)).Message, StringComparison.Ordinal);
        PlotTextTests.Check(ClipPlots.Scatter("t", X, Y, points[..56]), "groups");
        PlotTextTests.Check(ClipPlots.Lines("t", X, Y, [.. lines.Select(l => l with { IsMuted = true })]), "lines");
    }

    [Fact]
    public void Plot_OfNoSize_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipPlots.Scatter("t", X, Y, [new(1, 0.5)], new() { Width = 199 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipPlots.Scatter("t", X, Y, [new(1, 0.5)], new() { Height = 4001 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipPlots.Bars("t", X, [new("b", 1)], new() { Decimals = 16 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ClipPlots.Lines("t", X, Y, [new("l", [new(1, 0.5)]) { DottedFrom = 1 }]));
    }

    [Fact]
    public void Scatter_TenThousandPoints_TakesItsPartOfMemory()
    {
        const long MostBytes = 400 << 20;
        var random = new Random(1);
        ClipPlotPoint[] points = [.. Enumerable.Range(0, 10_000).Select(i => new ClipPlotPoint(random.NextDouble(), random.NextDouble()) { Label = "model " + i })];
        _ = ClipPlots.Scatter("warm", X, Y, points[..10]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        string svg = ClipPlots.Scatter("many", X, Y, points);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        Assert.InRange(svg.Length, 1 << 20, 5 << 20);
        Assert.Contains("more names have no room", svg, StringComparison.Ordinal);
    }

    private static string Clean(string name) => string.Concat(name.Select(c => c is '\u0001' or '\uD800' or '\uFFFF' or '\u202E' ? '\uFFFD' : c));

    // Digits on both sides of a comma that is not one of thousands.
    [GeneratedRegex("[\"> ]\\d+,\\d{1,2}[\"< ]")]
    private static partial Regex CommaDecimals();
}
