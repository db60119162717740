namespace PhotoSearch;

/// <summary>Photographs that look alike, as groups.</summary>
internal static class DuplicateGroups
{
    /// <summary>Puts pairs together: who looks like one of a group belongs to it.</summary>
    /// <returns>Of each group its photographs, and the cosine of its nearest pair; groups with the nearest pairs first.</returns>
    public static IReadOnlyList<(IReadOnlyList<long> Photos, float Cosine)> Of(IEnumerable<PhotoPair> pairs)
    {
        var groupOf = new Dictionary<long, Group>();
        foreach (var pair in pairs)
        {
            Group first = Find(pair.First), second = Find(pair.Second);
            if (first != second)
            {
                // The smaller goes into the larger, so that no photograph moves often.
                (first, second) = first.Photos.Count < second.Photos.Count ? (second, first) : (first, second);
                first.Photos.AddRange(second.Photos);
                second.Photos.ForEach(id => groupOf[id] = first);
                first.Cosine = Math.Max(first.Cosine, Math.Max(second.Cosine, pair.Cosine));
            }
        }
        return [.. groupOf.Values.Distinct().OrderByDescending(g => g.Cosine).Select(g => ((IReadOnlyList<long>)g.Photos, g.Cosine))];

        Group Find(long id) => groupOf.TryGetValue(id, out var group) ? group : groupOf[id] = new(id);
    }

    private sealed class Group(long photo)
    {
        public List<long> Photos { get; } = [photo];

        public float Cosine { get; set; }
    }
}
