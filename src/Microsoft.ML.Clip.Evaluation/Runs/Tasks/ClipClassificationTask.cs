namespace Microsoft.ML.Clip;

/// <summary>
/// Images of one class each: zero-shot with the ensemble and with simpler prompts, and where there are images to train on a linear probe and few-shot curves.
/// Radford et al. 2021, sections 3.1 and 3.2.
/// </summary>
public sealed class ClipClassificationTask : ClipEvaluationTask
{
    /// <param name="name">What reports call it.</param>
    /// <param name="test">The images to measure on.</param>
    public ClipClassificationTask(string name, ClipDataSet test) : base(name)
    {
        ArgumentNullException.ThrowIfNull(test);
        Test = test;
    }

    /// <summary>The images to measure on.</summary>
    public ClipDataSet Test { get; }

    /// <summary>The images to train probes on, with the same classes; <see langword="null"/> for none, and no probe.</summary>
    public ClipDataSet? Train { get; init; }

    /// <summary>The images to choose a probe's regularisation by; <see langword="null"/> for a part of those to train on.</summary>
    public ClipDataSet? Validation { get; init; }

    /// <summary>The published set that it is, for its metric, names and templates, and to be compared with; <see langword="null"/> for none.</summary>
    public ClipBenchmark? Benchmark { get; init; }

    /// <summary>What it is measured by.</summary>
    /// <value>Default: <see langword="null"/>, the benchmark's, or else accuracy. Eleven-point average precision is for <see cref="ClipMultiLabelTask"/>.</value>
    public ClipBenchmarkMetric? Metric { get; init; }

    /// <summary>The names of each class for prompts.</summary>
    /// <value>Default: <see langword="null"/>, the benchmark's where the set's classes are its own by <see cref="ClipBenchmark.Check(ClipDataSetSummary)"/>, or else the set's.</value>
    public IReadOnlyList<IReadOnlyList<string>>? ClassNames { get; init; }

    /// <summary>The prompt templates.</summary>
    /// <value>Default: <see langword="null"/>, the benchmark's, or else those that the set brings along, or else <see cref="ClipPrompts.Simple"/>.</value>
    public IReadOnlyList<string>? Templates { get; init; }

    /// <summary>The settings of this set's probe, for one that takes too long with those of the run, for instance.</summary>
    /// <value>Default: <see langword="null"/>, <see cref="ClipEvaluationOptions.Probe"/>.</value>
    public ClipLinearProbeTrainer.Options? Probe { get; init; }

    /// <summary>How to measure this set's few-shot curve, where the run measures curves.</summary>
    /// <value>Default: <see langword="null"/>, <see cref="ClipEvaluationOptions.FewShot"/>.</value>
    public ClipFewShotOptions? FewShot { get; init; }

    internal ClipBenchmarkMetric UsedMetric => Metric ?? Benchmark?.Metric ?? ClipBenchmarkMetric.Accuracy;

    internal IReadOnlyList<string> UsedTemplates => Templates ?? Benchmark?.Templates ?? Test.Templates ?? ClipPrompts.Simple;

    internal override long Images(ClipEvaluationOptions options)
    {
        long test = Test.Count ?? 0, train = Train is null ? 0 : Train.Count ?? 0;
        bool probes = Train is not null && (options.LinearProbe || options.FewShot is not null);
        return (options.ZeroShot ? test : 0) + (probes ? test + train + (Validation?.Count ?? 0) : 0);
    }

    internal override string Fingerprint(EvaluationContext context) => string.Join('\n',
    [
        "classification", UsedMetric.ToString(), context.HashOf(Test), Train is null ? "" : context.HashOf(Train), Validation is null ? "" : context.HashOf(Validation),
        TextHash.Of(UsedTemplates), TextHash.Of((ClassNames ?? []).SelectMany(n => n.Append(""))), TextHash.Of(Test.ClassNames), Benchmark?.Key ?? "",
        RecordStore.Text(Probe), RecordStore.Text(FewShot),
        $"{Test.Skipped.Count}", TextHash.Of(Train?.ClassNames ?? []),
    ]);

    internal override IEnumerable<ClipEvaluationRecord> Run(EvaluationContext context) => new ClassificationRun(this, context).Run();
}
