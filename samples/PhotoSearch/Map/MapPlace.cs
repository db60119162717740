namespace PhotoSearch;

/// <summary>How a photograph came onto the map.</summary>
internal enum MapPart
{
    /// <summary>The map was made of it.</summary>
    Landmark,

    /// <summary>It was put among the landmarks when the map was made: maps are made of a few thousand photographs.</summary>
    Filled,

    /// <summary>It came later.</summary>
    Added,
}

/// <summary>Where a photograph stands on the map.</summary>
/// <param name="Photo">Its number.</param>
/// <param name="Point">Where.</param>
/// <param name="Part">How it came there.</param>
internal readonly record struct MapPlace(long Photo, MapPoint Point, MapPart Part);
