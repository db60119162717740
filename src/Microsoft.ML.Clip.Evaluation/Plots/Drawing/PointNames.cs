using System.Globalization;
using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>Names beside points; those that find no room are numbers there, and names in a list below.</summary>
internal sealed class PointNames(LabelPlacer placer)
{
    // More would be a table and no plot. All names are in the tooltips.
    private const int MostNumbers = 60;

    // Of names within a square of three cells, more than there could ever be room for: none of them is tried.
    private const int Crowd = 60;

    private const double Longest = 190, Height = PlotSheet.SmallSize + 2, CrowdCell = 40;

    private readonly List<(string Name, ScreenPoint At, double Radius)> _names = [];

    public void Add(string name, ScreenPoint at, double radius) =>
        _names.Add((TextWidth.Shorten(Markup.Clean(name).Replace('\n', ' '), PlotSheet.SmallSize, Longest), at, radius));

    /// <summary>Draws all, and gives what is to stand below.</summary>
    public IEnumerable<string> Draw(SvgContext svg)
    {
        var crowd = _names.GroupBy(n => Cell(n.At)).ToDictionary(c => c.Key, c => c.Count());
        // Where points stand close there is the least choice: these first.
        var order = Enumerable.Range(0, _names.Count).OrderByDescending(i => Around(crowd, _names[i].At)).ThenBy(i => i);
        var listed = new List<int>();
        foreach (int i in order)
        {
            var (name, at, radius) = _names[i];
            if (Around(crowd, at) <= Crowd && placer.Place(at, radius, TextWidth.Of(name, PlotSheet.SmallSize), Height) is { } place)
            {
                svg.Name(name, place.Box, place.Leader);
            }
            else
            {
                listed.Add(i);
            }
        }
        listed.Sort();
        var list = new List<string>();
        foreach (int i in listed.Take(2 * MostNumbers))
        {
            var (name, at, radius) = _names[i];
            string number = (list.Count + 1).ToString(CultureInfo.InvariantCulture);
            if (list.Count < MostNumbers && placer.Place(at, radius, TextWidth.Of(number, PlotSheet.SmallSize), Height, double.MaxValue) is { } place)
            {
                svg.Name(number, place.Box, place.Leader);
                // Spaces that do not break it from its number.
                list.Add($"{number}:\u00A0{name.Replace(' ', '\u00A0')};");
            }
        }
        if (list.Count > 0)
        {
            yield return string.Join(' ', list).TrimEnd(';');
        }
        if (listed.Count > list.Count)
        {
            yield return FormattableString.Invariant($"{listed.Count - list.Count:N0} more names have no room; they show when a point is pointed at.");
        }
    }

    private static (int X, int Y) Cell(ScreenPoint at) => ((int)(at.X / CrowdCell), (int)(at.Y / CrowdCell));

    private static int Around(Dictionary<(int X, int Y), int> crowd, ScreenPoint at)
    {
        var (x, y) = Cell(at);
        int count = 0;
        for (int dx = -1; dx <= 1; dx++)
        {
            for (int dy = -1; dy <= 1; dy++)
            {
                count += crowd.GetValueOrDefault((x + dx, y + dy));
            }
        }
        return count;
    }
}
