using System.Reflection;

namespace Microsoft.ML.Clip;

/// <summary>
/// Measures models on data sets as Radford et al. 2021 do, model by model and set by set: zero-shot with its prompts, linear probes, few-shot curves,
/// retrieval. What comes out are records with their intervals and all that is needed to repeat them, and a report.
/// </summary>
/// <example>
/// <code>
/// var results = ClipEvaluation.Run(
///     [new ClipEvaluatedModel("tiny-clip", clip)],
///     [new ClipClassificationTask("CIFAR-10", ClipDataSet.FromCifar10(folder, "test")) { Train = ClipDataSet.FromCifar10(folder, "train"), Benchmark =
/// ClipBenchmarks.Find("vtab/cifar10") }],     new ClipEvaluationOptions { Cache = new ClipEmbeddingCache("cache") });
/// results.ToReport("CIFAR-10").Save("report"); </code> </example>
public static class ClipEvaluation
{
    /// <summary>The version of this library, as records have it.</summary>
    internal static string Version { get; } = typeof(ClipEvaluation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? typeof(ClipEvaluation).Assembly.GetName().Version!.ToString();

    /// <summary>Measures models on tasks.</summary>
    /// <param name="models">The models, each with a name of its own.</param>
    /// <param name="tasks">The tasks, each with a name of its own.</param>
    /// <param name="options">What to measure and where to keep it; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">
    /// Ends the run between two rows. With <see cref="ClipEvaluationOptions.ResultsDirectory"/> the sets that are done need not be done again, and with a cache
    /// those that are embedded.
    /// </param>
    /// <returns>The results, with the sets that failed.</returns>
    /// <exception cref="ArgumentException">There is no model or no task, or two have one name.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <remarks>
    /// Of a set that fails the reason is in <see cref="ClipEvaluationResults.Skipped"/>, unless <see cref="ClipEvaluationOptions.StopsOnError"/> is set. A model that
    /// cannot be loaded is left out for all tasks in the same way.
    /// </remarks>
    public static ClipEvaluationResults Run(IReadOnlyList<ClipEvaluatedModel> models, IReadOnlyList<ClipEvaluationTask> tasks,
        ClipEvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(models, m => m.Name, "model", nameof(models));
        Check(tasks, t => t.Name, "task", nameof(tasks));
        options ??= new();
        var started = DateTimeOffset.Now;
        long each = tasks.Sum(t => t.Images(options));
        var run = new Collected(options, new EvaluationMeter(options.Progress, each * models.Count), new SetHashes(),
            options.ResultsDirectory is { } folder ? new RecordStore(folder) : null, cancellationToken);
        for (int i = 0; i < models.Count; i++)
        {
            run.Measure(models[i], tasks, i * each);
        }
        return new ClipEvaluationResults
        {
            Models = run.Models,
            Records = run.Records,
            Skipped = run.Skipped,
            Messages = run.Store?.Messages ?? [],
            Started = started,
            Seconds = (DateTimeOffset.Now - started).TotalSeconds,
            Version = Version,
        };
    }

    private static void Check<T>(IReadOnlyList<T> all, Func<T, string> name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(all, parameter);
        if (all.Count == 0)
        {
            throw new ArgumentException($"There is no {what}; expected at least one.", parameter);
        }
        if (all.CountBy(name).FirstOrDefault(n => n.Value > 1) is { Key: { } twice })
        {
            throw new ArgumentException($"Two have the name '{twice}'; expected another for each {what}.", parameter);
        }
    }

    private sealed class Collected(ClipEvaluationOptions options, EvaluationMeter meter, SetHashes hashes, RecordStore? store,
        CancellationToken cancellationToken)
    {
        public List<ClipEvaluationModelFacts> Models { get; } = [];

        public List<ClipEvaluationRecord> Records { get; } = [];

        public List<ClipEvaluationSkipped> Skipped { get; } = [];

        public RecordStore? Store => store;

        public void Measure(ClipEvaluatedModel model, IReadOnlyList<ClipEvaluationTask> tasks, long done)
        {
            cancellationToken.ThrowIfCancellationRequested();
            meter.Begin(model.Name, "all tasks");
            meter.Stage("loading the model");
            Try(model.Name, "*", () =>
            {
                using var lease = model.Open();
                string hash = lease.Model.ComputeContentHash(cancellationToken);
                Models.Add(new ClipEvaluationModelFacts
                {
                    Name = model.Name,
                    Family = model.Family,
                    Pretrained = model.Pretrained,
                    Parameters = model.Compute?.Parameters,
                    MultiplyAdds = model.Compute?.MultiplyAdds,
                    Hash = hash,
                    ImageSize = lease.Model.ImageSize,
                    EmbeddingDimension = lease.Model.EmbeddingDimension,
                    Settings = $"{lease.Model.Preprocessor}",
                });
                var context = new EvaluationContext(model, lease.Model, hash, options, hashes, meter, cancellationToken);
                foreach (var task in tasks)
                {
                    meter.Begin(model.Name, task.Name);
                    Try(model.Name, task.Name, () => Measure(task, context));
                    done += task.Images(options);
                    meter.Reach(done);
                }
            });
        }

        private void Measure(ClipEvaluationTask task, EvaluationContext context)
        {
            meter.Stage("looking for results");
            string key = store is null ? "" : RecordStore.Key(context, task);
            if (store?.Read(key) is { } known)
            {
                Records.AddRange(known.Select(r => r with { Model = context.ModelName, Task = task.Name }));
                return;
            }
            var made = new List<ClipEvaluationRecord>();
            foreach (var record in task.Run(context))
            {
                // At once: where a probe fails zero-shot has been measured.
                Records.Add(record);
                made.Add(record);
            }
            if (made.Count == 0)
            {
                Skipped.Add(new(context.ModelName, task.Name, context.Options.ZeroShot && !context.Model.HasTextEncoder
                    ? "The model has no text encoder, and there are no images to train a probe on, or no probe is wanted: there was nothing to measure."
                    : "Zero-shot is not wanted, and there are no images to train a probe on, or no probe is wanted: there was nothing to measure."));
            }
            store?.Write(key, [.. made]);
        }

        // One set of many must not cost the others; what ends the process, or was asked to end, does.
        private void Try(string model, string task, Action measure)
        {
            try
            {
                measure();
            }
            catch (Exception e) when (!options.StopsOnError && e is not (OperationCanceledException or OutOfMemoryException))
            {
                Skipped.Add(new(model, task, $"{e.Message}{(e.InnerException is { } inner && inner.Message != e.Message ? $" {inner.Message}" : "")}"));
            }
        }
    }
}
