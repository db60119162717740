using System.Diagnostics;

namespace Microsoft.ML.Clip;

/// <summary>Measures one model on one set of single labels.</summary>
internal sealed class ClassificationRun(ClipClassificationTask task, EvaluationContext context)
{
    private const int Examples = 3;

    private readonly List<string> _remarks = [];
    private IReadOnlyList<IReadOnlyList<string>> _names = [];
    private string[] _examples = [];
    private IReadOnlyList<ClipDataSetClass> _classes = [];

    public IEnumerable<ClipEvaluationRecord> Run()
    {
        Look();
        double? zeroShot = null;
        if (context.Options.ZeroShot && !context.Model.HasTextEncoder)
        {
            _remarks.Add("The model has no text encoder: there is no zero-shot.");
        }
        if (context.Options.ZeroShot && context.Model.HasTextEncoder)
        {
            foreach (var record in ZeroShot())
            {
                zeroShot ??= record.Value;
                yield return record;
            }
        }
        if (task.Train is { } train && (context.Options.LinearProbe || context.Options.FewShot is not null))
        {
            foreach (var record in Probes(train, zeroShot))
            {
                yield return record;
            }
        }
    }

    // Names that do not fit the labels are what others were silently wrong by.
    private void Look()
    {
        context.Stage("reading the set");
        var summary = task.Test.Summarize(context.CancellationToken);
        _examples = [.. summary.Classes.Where(c => c.Example is not null).Take(Examples).Select(c => $"{c.Name}: {c.Example}")];
        _classes = summary.Classes;
        bool namesFit = false;
        if (task.Benchmark is { } benchmark)
        {
            var check = benchmark.Check(summary);
            namesFit = check.HasComparedNames && check.Findings.All(f => f.Kind is ClipBenchmarkFindingKind.Size or ClipBenchmarkFindingKind.EmptyClass
                or ClipBenchmarkFindingKind.NameSpelling or ClipBenchmarkFindingKind.OneClass);
            _remarks.AddRange(check.Findings.Select(f => $"Not as published: {f.Message}"));
        }
        if (summary.EmptyClasses is { Count: > 0 } empty)
        {
            _remarks.Add($"{empty.Count} of {summary.Classes.Count} classes have no image and are left out of means over classes: {string.Join(", ", empty.Take(5))}{(empty.Count > 5 ? " ..." : "")}.");
        }
        if (summary.IsOneClass)
        {
            _remarks.Add("All images are of one class: whoever always says so is right.");
        }
        _names = task.ClassNames ?? (namesFit ? task.Benchmark!.ClassNames! : [.. task.Test.ClassNames.Select(n => (IReadOnlyList<string>)[n])]);
        if (_names.Count != task.Test.ClassNames.Count)
        {
            throw new InvalidDataException($"There are names for {_names.Count} classes; '{task.Test.Name}' has {task.Test.ClassNames.Count}.");
        }
    }

    private IEnumerable<ClipEvaluationRecord> ZeroShot()
    {
        var watch = Stopwatch.StartNew();
        var test = context.Embed(task.Test, ClipFeatures.JointEmbedding);
        var templates = task.UsedTemplates;
        yield return Measure(ClipEvaluationKind.ZeroShot, templates);
        if (context.Options.ComparesPrompts)
        {
            foreach (var other in new[] { ClipPrompts.Simple, ["{}"] }.Where(o => !o.SequenceEqual(templates)))
            {
                watch.Restart();
                yield return Measure(ClipEvaluationKind.ZeroShotOtherPrompt, other);
            }
        }

        ClipEvaluationRecord Measure(ClipEvaluationKind kind, IReadOnlyList<string> prompts)
        {
            var classifier = context.Classifier(_names, prompts);
            var record = Of(kind, test, test.Predict(classifier), watch);
            return record with
            {
                Remarks = [.. record.Remarks, .. NameRemarks.Of(context.Model, _names, prompts, classifier)],
                Prompts = prompts is ["{}"] ? "bare names" : prompts.Count == 1 ? prompts[0] : $"{prompts.Count} templates",
                TemplatesHash = TextHash.Of(prompts),
                NamesHash = TextHash.Of(_names.SelectMany(n => n.Append(""))),
            };
        }
    }

    private IEnumerable<ClipEvaluationRecord> Probes(ClipDataSet trainSet, double? zeroShot)
    {
        if (!trainSet.ClassNames.SequenceEqual(task.Test.ClassNames))
        {
            throw new InvalidDataException($"No probe: the images to train on have {Only(trainSet, task.Test)} and those to test on {Only(task.Test, trainSet)}; expected the same classes in the same order.");
        }
        var watch = Stopwatch.StartNew();
        var features = context.ProbeFeatures(task.Test);
        if (features != context.Options.ProbeFeatures)
        {
            _remarks.Add("The model has no features before its projection; probes take the joint embedding.");
        }
        ClipEmbeddedSet test = context.Embed(task.Test, features), train = context.Embed(trainSet, features);
        var validation = task.Validation is null ? null : context.Embed(task.Validation, features);
        if (train.Failed.Count > 0)
        {
            _remarks.Add($"{train.Failed.Count} of {train.Count + train.Failed.Count} images to train on could not be read: {train.Failed[0].Name} first.");
        }
        double? onAll = null;
        if (context.Options.LinearProbe)
        {
            context.Stage($"linear probe on {train.Count:N0} rows");
            var options = (task.Probe ?? context.Options.Probe) with { CancellationToken = context.CancellationToken };
            var probe = ClipSetProbe.Train(train, validation, options);
            var record = Of(ClipEvaluationKind.LinearProbe, test, probe.Predict(test), watch);
            onAll = record.Value;
            yield return record with
            {
                L2Regularization = probe.Report.L2Regularization,
                TrainingRows = probe.Report.TrainingRows,
                Seeds = [options.Seed ?? 0],
            };
        }
        if (context.Options.FewShot is not null)
        {
            var fewShot = task.FewShot ?? context.Options.FewShot;
            watch.Restart();
            var progress = new Told(context);
            // The probe on all images is that of above, if it was trained as those of the curve are.
            bool isKnown = fewShot.IncludesAll && onAll is not null && validation is null
                && RecordStore.Text(fewShot.Probe) == RecordStore.Text(task.Probe ?? context.Options.Probe);
            var curve = ClipFewShotCurve.Measure(train, test, zeroShot, fewShot with { Progress = progress, IncludesAll = fewShot.IncludesAll && !isKnown },
                p => MetricValue.Of(task.UsedMetric, p).Value, context.CancellationToken);
            if (isKnown)
            {
                double each = train.Count / (double)train.Labels.Distinct().Count();
                curve = curve with { Points = [.. curve.Points, new() { Shots = null, ImagesPerClass = each, ShortClasses = 0, Scores = [onAll!.Value] }] };
            }
            yield return context.Record(task, ClipEvaluationKind.FewShot, MetricValue.NameOf(task.UsedMetric), curve.Points[^1].Mean, null, test,
                watch.Elapsed.TotalSeconds) with
            {
                FewShot = curve,
                Classes = task.Test.ClassNames.Count,
                Seeds = fewShot.Seeds,
                TrainingRows = train.Count,
                Remarks = [.. _remarks],
            };
        }
    }

    // How many classes, and which of them the other set has not.
    private static string Only(ClipDataSet set, ClipDataSet other)
    {
        string[] own = [.. set.ClassNames.Except(other.ClassNames)];
        return FormattableString.Invariant($"{set.ClassNames.Count} classes{(own.Length == 0 ? "" : $" ('{string.Join("', '", own.Take(3))}'{(own.Length > 3 ? " ..." : "")} alone)")}");
    }

    private ClipEvaluationRecord Of(ClipEvaluationKind kind, ClipEmbeddedSet set, ClipSetPredictions predictions, Stopwatch watch)
    {
        var (value, interval) = MetricValue.Of(task.UsedMetric, predictions);
        return context.Record(task, kind, MetricValue.NameOf(task.UsedMetric), value, interval, set, watch.Elapsed.TotalSeconds) with
        {
            Classification = predictions.Result,
            Classes = predictions.ClassNames.Count,
            Chance = MetricValue.Chance(task.UsedMetric, predictions.Result),
            MajorityRate = predictions.Result.MajorityRate,
            Hits = string.Create(predictions.Labels.Count, predictions, (text, p) =>
            {
                for (int i = 0; i < text.Length; i++)
                {
                    text[i] = p.Predicted[i] == p.Labels[i] ? '1' : '0';
                }
            }),
            Examples = _examples,
            Remarks = [.. _remarks, .. Unreadable(predictions.Result)],
        };
    }

    // A class whose images all failed is as little measured as one that has none.
    private IEnumerable<string> Unreadable(ClipClassificationResult result)
    {
        string[] lost = [.. _classes.Where((c, i) => c.Count > 0 && result.Classes[i].Count == 0).Select(c => c.Name)];
        return lost.Length == 0 ? [] : [$"No image of {lost.Length} of {_classes.Count} classes could be read, and they are left out of means over classes: {string.Join(", ", lost.Take(5))}{(lost.Length > 5 ? " ..." : "")}."];
    }

    private sealed class Told(EvaluationContext context) : IProgress<string>
    {
        public void Report(string value) => context.Stage(value);
    }
}
