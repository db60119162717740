using OxyPlot;

namespace Microsoft.ML.Clip;

/// <summary>
/// Finds room for names beside their points: near them, not on each other, on points or on lines, and within the axes. Where there is none near, farther
/// away with a line that leads to it; where there is none at all, the name is for a list.
/// </summary>
internal sealed class LabelPlacer(OxyRect bounds)
{
    // What a name costs for what it covers, for standing nearer to another point than to its own, and for a leading line that crosses a name or another line.
    // Beyond the most it goes into the list: what costs more than that by itself is done by numbers alone.
    private const double OfPoint = 8, OfMutedPoint = 0.7, OfLine = 0.6, OfDistance = 0.05, OfConfusion = 1.5, OfCrossing = 20, Most = 7;

    // Up to here a name stands at its point, beyond a line leads to it.
    private const double Beside = 12, Air = 2;

    private static readonly double[] Distances = [6, 12, 20, 32, 48, 66, 90, 120];

    private static readonly (double X, double Y)[] Directions =
    [
        (1, 0), (-1, 0), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7), (0, -1), (0, 1), (0.92, -0.38), (0.92, 0.38), (-0.92, -0.38), (-0.92, 0.38),
        (0.38, -0.92), (0.38, 0.92), (-0.38, -0.92), (-0.38, 0.92),
    ];

    private readonly Cells<(OxyRect Box, double Cost)> _things = new();
    private readonly Cells<OxyRect> _names = new();
    private readonly Cells<(ScreenPoint From, ScreenPoint To)> _leaders = new();

    /// <summary>A point that names should not cover.</summary>
    public void AddPoint(ScreenPoint at, double radius, bool isMuted = false) =>
        _things.AddAt(at, (new OxyRect(at.X - radius, at.Y - radius, 2 * radius, 2 * radius), isMuted ? OfMutedPoint : OfPoint));

    /// <summary>A line that names should not cross.</summary>
    public void AddLine(ScreenPoint from, ScreenPoint to)
    {
        int steps = Math.Max(1, (int)(from.DistanceTo(to) / 10));
        for (int i = 0; i <= steps; i++)
        {
            double x = from.X + ((to.X - from.X) * i / steps), y = from.Y + ((to.Y - from.Y) * i / steps);
            _things.AddAt(new(x, y), (new OxyRect(x - 1, y - 1, 2, 2), OfLine));
        }
    }

    /// <summary>A box that nothing may cover.</summary>
    public void AddText(OxyRect box) => _names.AddOver(box, box);

    /// <summary>Finds room for a name.</summary>
    /// <param name="at">Its point.</param>
    /// <param name="radius">The point's radius.</param>
    /// <param name="width">The name's width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="most">What it may cost. Whatever it is, it stands on no other name.</param>
    /// <returns>Its box, and the line that leads to it where it is far; <see langword="null"/> where there is no room.</returns>
    public (OxyRect Box, (ScreenPoint From, ScreenPoint To)? Leader)? Place(ScreenPoint at, double radius, double width, double height,
        double most = Most)
    {
        (OxyRect Box, (ScreenPoint From, ScreenPoint To)? Leader)? best = null;
        double least = most;
        foreach (double distance in Distances)
        {
            // All that is nearer has been looked at, and distance alone costs more by now.
            if (distance * OfDistance >= least)
            {
                break;
            }
            foreach (var (dx, dy) in Directions)
            {
                var box = Box(at, radius + distance - 2, dx, dy, width, height);
                if (box.Left < bounds.Left + Air || box.Right > bounds.Right - Air || box.Top < bounds.Top + Air || box.Bottom > bounds.Bottom - Air)
                {
                    continue;
                }
                var leader = distance > Beside ? Leader(at, radius, box) : ((ScreenPoint From, ScreenPoint To)?)null;
                // To the right is where names are looked for.
                double cost = Cost((distance * OfDistance) + (dx >= 0 ? 0 : 0.02), least, box, at, leader);
                if (cost < least)
                {
                    (least, best) = (cost, (box, leader));
                }
            }
        }
        if (best is { } found)
        {
            AddText(found.Box);
            if (found.Leader is { } leader)
            {
                _leaders.AddOver(Around(leader.From, leader.To), leader);
            }
        }
        return best;
    }

    private static OxyRect Box(ScreenPoint at, double away, double dx, double dy, double width, double height)
    {
        double left = at.X + (dx * away) + (dx > 0.3 ? 0 : dx < -0.3 ? -width : -width / 2);
        // Beside the point in the middle of its height, across the corner a little of it, above and below none.
        double above = Math.Abs(dy) < 0.2 ? 0.5 : Math.Abs(dx) > 0.5 ? (dy < 0 ? 0.75 : 0.25) : dy < 0 ? 1 : 0;
        return new(left, at.Y + (dy * away) - (above * height), width, height);
    }

    // Given up as soon as it is not the least.
    private double Cost(double cost, double least, OxyRect box, ScreenPoint at, (ScreenPoint From, ScreenPoint To)? leader)
    {
        double own = Distance(at, box);
        foreach (var thing in _things.Near(box, Beside))
        {
            double other = Distance(thing.Box.Center, box);
            bool isPoint = thing.Cost >= OfPoint, isOwn = isPoint && thing.Box.Center.DistanceTo(at) < 1e-6;
            cost += Covers(thing.Box, box, 1) ? thing.Cost : isPoint && !isOwn && leader is null && other < own + 2 ? OfConfusion : 0;
            if (cost >= least)
            {
                return cost;
            }
        }
        foreach (var name in _names.Near(box, Air))
        {
            if (Covers(name, box, Air))
            {
                return double.PositiveInfinity;
            }
        }
        foreach (var (from, to) in _leaders.Near(box, Air))
        {
            cost += Crosses(from, to, box) ? OfCrossing : 0;
        }
        return leader is { } line && cost < least ? cost + OfLeader(line, at) : cost;
    }

    private double OfLeader((ScreenPoint From, ScreenPoint To) line, ScreenPoint at)
    {
        var around = Around(line.From, line.To);
        double cost = 0;
        foreach (var name in _names.Near(around, Air))
        {
            cost += Crosses(line.From, line.To, name) ? OfCrossing : 0;
        }
        foreach (var other in _leaders.Near(around, Air))
        {
            cost += Cross(other, line) ? OfCrossing : 0;
        }
        foreach (var thing in _things.Near(around, Beside))
        {
            // Its own point lies at its beginning.
            cost += thing.Cost >= OfPoint && !thing.Box.Contains(at.X, at.Y) && Crosses(line.From, line.To, thing.Box) ? OfPoint / 4 : 0;
        }
        return cost;
    }

    private static double Distance(ScreenPoint at, OxyRect box) =>
        at.DistanceTo(new(Math.Clamp(at.X, box.Left, box.Right), Math.Clamp(at.Y, box.Top, box.Bottom)));

    private static (ScreenPoint From, ScreenPoint To) Leader(ScreenPoint at, double radius, OxyRect box)
    {
        var to = new ScreenPoint(Math.Clamp(at.X, box.Left, box.Right), Math.Clamp(at.Y, box.Top + 3, box.Bottom - 3));
        double length = Math.Max(at.DistanceTo(to), 1e-6);
        return (new(at.X + ((to.X - at.X) / length * radius), at.Y + ((to.Y - at.Y) / length * radius)), to);
    }

    private static bool Covers(OxyRect a, OxyRect b, double air) =>
        a.Left < b.Right + air && b.Left < a.Right + air && a.Top < b.Bottom + air && b.Top < a.Bottom + air;

    private static OxyRect Around(ScreenPoint a, ScreenPoint b) => new(Math.Min(a.X, b.X), Math.Min(a.Y, b.Y), Math.Abs(a.X - b.X), Math.Abs(a.Y - b.Y));

    private static bool Cross((ScreenPoint From, ScreenPoint To) a, (ScreenPoint From, ScreenPoint To) b) =>
        Side(a.From, a.To, b.From) * Side(a.From, a.To, b.To) < 0 && Side(b.From, b.To, a.From) * Side(b.From, b.To, a.To) < 0;

    private static double Side(ScreenPoint from, ScreenPoint to, ScreenPoint p) => ((to.X - from.X) * (p.Y - from.Y)) - ((to.Y - from.Y) * (p.X - from.X));

    private static bool Crosses(ScreenPoint from, ScreenPoint to, OxyRect box)
    {
        const int Steps = 12;
        for (int i = 0; i < Steps; i++)
        {
            if (box.Contains(from.X + ((to.X - from.X) * i / Steps), from.Y + ((to.Y - from.Y) * i / Steps)))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Things by where they are, so that not all have to be looked at.</summary>
    private sealed class Cells<T>
    {
        private const double Size = 24;

        private readonly Dictionary<(int X, int Y), List<T>> _cells = [];

        /// <summary>A thing that counts once, where its middle is.</summary>
        public void AddAt(ScreenPoint at, T thing) => Add(((int)Math.Floor(at.X / Size), (int)Math.Floor(at.Y / Size)), thing);

        /// <summary>A thing that is found wherever it is, more than once if it is large.</summary>
        public void AddOver(OxyRect box, T thing)
        {
            foreach (var cell in Of(box, 0))
            {
                Add(cell, thing);
            }
        }

        public IEnumerable<T> Near(OxyRect box, double air)
        {
            if (_cells.Count == 0)
            {
                yield break;
            }
            foreach (var cell in Of(box, air))
            {
                if (_cells.TryGetValue(cell, out var things))
                {
                    foreach (var thing in things)
                    {
                        yield return thing;
                    }
                }
            }
        }

        private void Add((int X, int Y) cell, T thing)
        {
            if (!_cells.TryGetValue(cell, out var things))
            {
                _cells.Add(cell, things = []);
            }
            things.Add(thing);
        }

        private static IEnumerable<(int X, int Y)> Of(OxyRect box, double air)
        {
            int right = (int)Math.Floor((box.Right + air) / Size), bottom = (int)Math.Floor((box.Bottom + air) / Size);
            for (int x = (int)Math.Floor((box.Left - air) / Size); x <= right; x++)
            {
                for (int y = (int)Math.Floor((box.Top - air) / Size); y <= bottom; y++)
                {
                    yield return (x, y);
                }
            }
        }
    }
}
