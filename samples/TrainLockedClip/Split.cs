namespace TrainLockedClip;

/// <summary>
/// Which classes are trained. The report's classes are those of tiny-clip's card, never trained and looked at once; the development classes are left out
/// while settings are chosen, and trained in the end.
/// </summary>
internal static class Split
{
    public const int Folds = 7;

    // A tenth of Tiny ImageNet's 200 classes, as large as a seventh of the others that have a photograph each is for these.
    private const int TinyFolds = 10;

    /// <summary>Every tenth class of Tiny ImageNet and every seventh of the photographs' other classes.</summary>
    /// <param name="sets">The classes.</param>
    /// <param name="fold">Which, from 0 on: with each other one other classes are left out.</param>
    public static HashSet<string> Development(ImageSets sets, int fold) =>
    [
        .. sets.TinyClasses.Where((_, i) => i % TinyFolds == fold),
        .. sets.PhotographClasses.Except(sets.TinyClasses).Except(sets.NeverTrained.Select(c => c.Id)).Where((_, i) => i % Folds == fold),
    ];
}
