namespace PhotoSearch;

/// <summary>Where something stands on the map.</summary>
/// <param name="X">0, on the left, to 1.</param>
/// <param name="Y">0, at the top, to 1.</param>
internal readonly record struct MapPoint(float X, float Y);
