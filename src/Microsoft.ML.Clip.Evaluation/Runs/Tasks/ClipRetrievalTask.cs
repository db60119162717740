namespace Microsoft.ML.Clip;

/// <summary>Images and captions that look for each other: Radford et al. 2021, table 13.</summary>
public sealed class ClipRetrievalTask : ClipEvaluationTask
{
    /// <param name="name">What reports call it.</param>
    /// <param name="test">The images and captions.</param>
    public ClipRetrievalTask(string name, ClipCaptionSet test) : base(name)
    {
        ArgumentNullException.ThrowIfNull(test);
        Test = test;
    }

    /// <summary>The images and captions.</summary>
    public ClipCaptionSet Test { get; }

    /// <summary>What stands before each caption, with the blank after it.</summary>
    /// <value>Default: empty. The paper puts <c>a photo of</c> before each, which it says gains 1 to 2 points of recall@1.</value>
    public string Prompt { get; init; } = "";

    internal override long Images(ClipEvaluationOptions options) => options.ZeroShot ? Test.Images.Count : 0;

    internal override string Fingerprint(EvaluationContext context) => string.Join('\n',
    [
        "retrieval", context.HashOf(FileSet.Of(Test.Name, Test.Images)), Prompt, TextHash.Of(Test.Captions), TextHash.Of(Test.ImageOfText.Select(i => $"{i}")),
    ]);

    internal override IEnumerable<ClipEvaluationRecord> Run(EvaluationContext context) => RetrievalRun.Run(this, context);
}
