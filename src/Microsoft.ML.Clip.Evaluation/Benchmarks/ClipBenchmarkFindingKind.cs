namespace Microsoft.ML.Clip;

/// <summary>What can be found in a data set that is not as published.</summary>
public enum ClipBenchmarkFindingKind
{
    /// <summary>There are more or fewer classes.</summary>
    ClassCount,

    /// <summary>Names are those of the published set and stand at other places.</summary>
    NameOrder,

    /// <summary>A class has a name that the published set does not have, in the place of one that the data set does not have.</summary>
    OtherName,

    /// <summary>A name of the published set is missing.</summary>
    MissingName,

    /// <summary>A class has a name that the published set does not have, and its place is no help.</summary>
    UnknownName,

    /// <summary>Names have other signs between their words, such as <c>annual_crop</c>; prompts are made of them as they are.</summary>
    NameSpelling,

    /// <summary>The number of images is neither that of the training split nor that of the test split.</summary>
    Size,

    /// <summary>A class has no image.</summary>
    EmptyClass,

    /// <summary>All images are of one class.</summary>
    OneClass,

    /// <summary>A file or folder bears the name of another class than the one that its images are said to be of.</summary>
    NameOfFile,
}
