namespace TrainLockedClip;

/// <summary>
/// Which classes are trained. The report's classes are those of tiny-clip's card, never trained and looked at once; the development classes are left out
/// while settings are chosen, and trained in the end.
/// </summary>
internal static class Split
{
    /// <summary>Every tenth class of Tiny ImageNet and every seventh of the photographs' other classes.</summary>
    public static HashSet<string> Development(ImageSets sets) =>
    [
        .. sets.TinyClasses.Where((_, i) => i % 10 == 0),
        .. sets.PhotographClasses.Except(sets.TinyClasses).Except(sets.NeverTrained.Select(c => c.Id)).Where((_, i) => i % 7 == 0),
    ];
}
