using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>
/// The colours of plots. Each has a name, which is a variable of CSS that a page may set, and a value for where nobody does. The series' can be told apart by
/// people
/// with any kind of colour blindness and, as their lightness alternates, in grey; each has a shape of its own besides.
/// </summary>
internal static class PlotTheme
{
    public const string LightVariables = "--clip-paper:#ffffff;--clip-ink:#1f2328;--clip-soft:#57606a;--clip-grid:#e4e7eb;--clip-mute:#a3abb5;"
        + "--clip-c0:#0b5fa5;--clip-c1:#e07b00;--clip-c2:#5b2a86;--clip-c3:#138a67;--clip-c4:#c2185b;--clip-c5:#5aa9e6;--clip-c6:#6b4f00;--clip-c7:#a6a01a;";

    public const string DarkVariables = "--clip-paper:#0d1117;--clip-ink:#e6edf3;--clip-soft:#9da7b3;--clip-grid:#262c34;--clip-mute:#626b76;"
        + "--clip-c0:#58a6ff;--clip-c1:#f5a623;--clip-c2:#b794ff;--clip-c3:#3fd3a3;--clip-c4:#ff7ba9;--clip-c5:#a5d8ff;--clip-c6:#d2a85a;--clip-c7:#d7d35a;";

    public const string Font = "system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif";

    /// <summary>What a lone file says of its colours. Within a page the page's variables hold: the file's are for an svg that is the root of its
    /// document.</summary>
    public static readonly string Styles;

    private const int SeriesCount = 8;

    private static readonly Dictionary<OxyColor, string> Names = LightVariables.TrimEnd(';').Split(';').Select(v => v.Split(':'))
        .ToDictionary(v => OxyColor.Parse(v[1]), v => v[0]["--clip-".Length..]);

    private static readonly Dictionary<string, OxyColor> Colours = Names.ToDictionary(n => n.Value, n => n.Key);

    static PlotTheme() => Styles = $".clip-plot{{font-family:{Font}}}"
        + string.Concat(Colours.Select(c => FormattableString.Invariant($".clip-plot .f-{c.Key}{{fill:var(--clip-{c.Key},{Hex(c.Value)})}}.clip-plot .s-{c.Key}{{stroke:var(--clip-{c.Key},{Hex(c.Value)})}}")))
        + $"@media (prefers-color-scheme:dark){{svg.clip-plot:root{{{DarkVariables}}}}}";

    public static OxyColor Paper => Colours["paper"];

    public static OxyColor Ink => Colours["ink"];

    /// <summary>Text that is not the first to be read.</summary>
    public static OxyColor Soft => Colours["soft"];

    public static OxyColor Grid => Colours["grid"];

    /// <summary>Points and lines that stand behind others.</summary>
    public static OxyColor Mute => Colours["mute"];

    public static OxyColor Series(int i) => Colours[FormattableString.Invariant($"c{i % SeriesCount}")];

    /// <summary>The name of a colour, whatever its opacity.</summary>
    public static string NameOf(OxyColor colour) => Names[OxyColor.FromAColor(255, colour)];

    public static string Hex(OxyColor colour) => FormattableString.Invariant($"#{colour.R:x2}{colour.G:x2}{colour.B:x2}");

    /// <summary>Those that are like each other, square and diamond, lie far apart. They come round before the colours do, so that the ninth series differs
    /// from the first.</summary>
    public static MarkerType Shape(int i) => (i % 7) switch
    {
        0 => MarkerType.Circle,
        1 => MarkerType.Square,
        2 => MarkerType.Triangle,
        3 => MarkerType.Custom,
        4 => MarkerType.Diamond,
        5 => MarkerType.Plus,
        _ => MarkerType.Cross,
    };

    public static LineStyle Dash(int i) => (i / SeriesCount % 3) switch { 0 => LineStyle.Solid, 1 => LineStyle.Dash, _ => LineStyle.DashDot };
}
