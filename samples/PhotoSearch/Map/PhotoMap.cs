namespace PhotoSearch;

/// <summary>The map as it is now, in memory: 20 bytes a photograph. Thread-safe.</summary>
internal sealed class PhotoMap
{
    // The finest grid has 4,096 cells a side.
    private const int Grids = 13;

    private volatile MapPlace[] _places = [];

    public int Count => _places.Length;

    /// <summary>Puts another map in the place of this one.</summary>
    public void Put(IEnumerable<MapPlace> places) => _places = Spread(places);

    /// <summary>What stands in a part of the map: so many, spread over it, those first that are far apart.</summary>
    /// <param name="from">The corner at the left and top.</param>
    /// <param name="to">The other corner.</param>
    /// <param name="most">How many at most.</param>
    /// <returns>How many stand there, and the first of them.</returns>
    public (int Inside, IReadOnlyList<MapPlace> Places) Find(MapPoint from, MapPoint to, int most)
    {
        int inside = 0;
        var found = new List<MapPlace>();
        foreach (var place in _places)
        {
            if (place.Point.X >= from.X && place.Point.X <= to.X && place.Point.Y >= from.Y && place.Point.Y <= to.Y)
            {
                inside++;
                if (found.Count < most)
                {
                    found.Add(place);
                }
            }
        }
        return (inside, found);
    }

    // One for each cell of a coarse grid, then one for each of a finer one, and so on, without those that have been: the first n of them are spread over all.
    private static MapPlace[] Spread(IEnumerable<MapPlace> places)
    {
        var left = places.OrderBy(p => p.Photo).ToList();
        var spread = new List<MapPlace>(left.Count);
        for (int grid = 0; grid < Grids && left.Count > 0; grid++)
        {
            int cells = 1 << grid;
            int Cell(MapPlace place) => (Math.Min(cells - 1, (int)(place.Point.Y * cells)) * cells) + Math.Min(cells - 1, (int)(place.Point.X * cells));
            var taken = spread.Select(Cell).ToHashSet();
            left.RemoveAll(place =>
            {
                bool isFirst = taken.Add(Cell(place));
                if (isFirst)
                {
                    spread.Add(place);
                }
                return isFirst;
            });
        }
        return [.. spread, .. left];
    }
}
