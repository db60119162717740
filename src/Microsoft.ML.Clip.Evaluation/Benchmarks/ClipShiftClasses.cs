namespace Microsoft.ML.Clip;

/// <summary>Which classes of ImageNet a set of natural distribution shift has.</summary>
public enum ClipShiftClasses
{
    /// <summary>All 1,000.</summary>
    All,

    /// <summary>Some of them: before the best class is taken, only their scores are kept.</summary>
    Subset,

    /// <summary>Groups of them: the score of a group is the highest of its classes, not their sum.</summary>
    Groups,
}
