using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// What else decides the result of a run, by name: going on with other values gives neither the one result nor the other. Number of steps, threads and
/// parts of a batch are not among them, and may change.
/// </summary>
internal static class RunSettings
{
    /// <summary>What to do where a checkpoint does not fit.</summary>
    public const string WayOut = $"Go on with what it was made with, or begin anew with another {nameof(ClipContrastiveTrainer.Options.CheckpointPath)}";

    private const string Captions = "captions and groups, by hash", Vocabulary = "vocabulary, by the hash of the captions' ids";

    public static Dictionary<string, string> Of(ClipContrastiveTrainer.Options options, CaptionSet captions) => new(OfTraining(options), StringComparer.Ordinal)
    {
        [Captions] = captions.TextHash,
        [Vocabulary] = captions.IdHash,
    };

    /// <summary>What several ranks need alike before any reads a row: what decides the result, and when they have to meet.</summary>
    public static Dictionary<string, string> OfOptions(ClipContrastiveTrainer.Options options) => new(OfTraining(options), StringComparer.Ordinal)
    {
        ["the version of the library"] = $"{typeof(RunSettings).Assembly.GetName().Version}",
        [nameof(options.Architecture)] = JsonSerializer.Serialize(options.Architecture),
        [nameof(options.Loss)] = Text(options.Loss),
        [nameof(options.BatchSize)] = Text(options.BatchSize),
        [nameof(options.Steps)] = Text(options.Steps),
        [nameof(options.Seed)] = Text(options.Seed),
        [nameof(options.CheckpointEvery)] = Text(options.CheckpointEvery),
        [nameof(options.OnInvalidImage)] = Text(options.OnInvalidImage),
    };

    /// <summary>What several ranks need alike of their rows, without a tokenizer. Images are not compared: no two ranks have the same.</summary>
    public static Dictionary<string, string> OfRows(TrainingData rows) => new(StringComparer.Ordinal)
    {
        ["the number of rows"] = Text(rows.Captions.Count),
        ["whether rows have groups"] = Text(rows.Groups is not null),
    };

    /// <summary>
    /// Holds the settings of a checkpoint against those of this run. Those that only one of them has, as another version knows more, are passed over.
    /// </summary>
    /// <exception cref="InvalidDataException">One differs; the message names it and both values.</exception>
    public static void Check(string saved, Dictionary<string, string> run)
    {
        Dictionary<string, string>? settings;
        try
        {
            settings = JsonSerializer.Deserialize<Dictionary<string, string>>(saved);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"its settings cannot be read: {e.Message}", e);
        }
        foreach (var (name, value) in run)
        {
            if (settings?.TryGetValue(name, out string? other) == true && other != value)
            {
                throw new InvalidDataException($"it was made with other values: {name} is {other} there, and {value} here. {WayOut}");
            }
        }
    }

    private static Dictionary<string, string> OfTraining(ClipContrastiveTrainer.Options options) => new(StringComparer.Ordinal)
    {
        [nameof(options.LearningRate)] = Text(options.LearningRate),
        [nameof(options.WarmupSteps)] = Text(options.WarmupSteps),
        [nameof(options.WeightDecay)] = Text(options.WeightDecay),
        [nameof(options.Beta1)] = Text(options.Beta1),
        [nameof(options.Beta2)] = Text(options.Beta2),
        [nameof(options.Epsilon)] = Text(options.Epsilon),
        [nameof(options.AverageDecay)] = Text(options.AverageDecay),
        [nameof(options.MinimumCropArea)] = Text(options.MinimumCropArea),
        [nameof(options.MaximumShift)] = Text(options.MaximumShift),
        [nameof(options.Flip)] = Text(options.Flip),
        [nameof(options.ReducedImageSize)] = Text(options.ReducedImageSize),
        [nameof(options.ReducedSteps)] = Text(options.ReducedSteps),
        [nameof(options.BFloat16)] = Text(options.BFloat16),
        [nameof(options.CaptionsOfAllGroups)] = Text(options.CaptionsOfAllGroups),
        [nameof(options.LockedImageTower)] = Text(options.LockedImageTower),
        [nameof(options.OneTextPerGroup)] = Text(options.OneTextPerGroup),
    };

    private static string Text(object? value) => Convert.ToString(value ?? "not set", CultureInfo.InvariantCulture)!;
}
