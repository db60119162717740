namespace Microsoft.ML.Clip;

/// <summary>Images of any number of classes, measured by eleven-point average precision, as VOC 2007 in the paper's table 9, and by the ordinary one.</summary>
public sealed class ClipMultiLabelTask : ClipEvaluationTask
{
    /// <param name="name">What reports call it.</param>
    /// <param name="test">The images to measure on.</param>
    public ClipMultiLabelTask(string name, ClipMultiLabelSet test) : base(name)
    {
        ArgumentNullException.ThrowIfNull(test);
        Test = test;
    }

    /// <summary>The images to measure on.</summary>
    public ClipMultiLabelSet Test { get; }

    /// <summary>The prompt templates.</summary>
    /// <value>Default: <see cref="ClipPrompts.Simple"/>.</value>
    public IReadOnlyList<string> Templates { get; init; } = ClipPrompts.Simple;

    internal override long Images(ClipEvaluationOptions options) => options.ZeroShot ? Test.Images.Count : 0;

    internal override string Fingerprint(EvaluationContext context) => string.Join('\n',
    [
        "multi-label", context.HashOf(FileSet.Of(Test.Name, Test.Images)), TextHash.Of(Templates), TextHash.Of(Test.ClassNames),
        TextHash.Of(Test.Labels.Concat(Test.Difficult).Select(l => string.Join(' ', l))),
    ]);

    internal override IEnumerable<ClipEvaluationRecord> Run(EvaluationContext context) => MultiLabelRun.Run(this, context);
}
