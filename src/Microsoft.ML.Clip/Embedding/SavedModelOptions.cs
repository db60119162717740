using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// The part of <see cref="ClipModelOptions"/> that decides what a model computes, and so is saved with it. What belongs to a machine (device,
/// threads) is not: a loaded model takes that from its <see cref="MLContext"/>.
/// </summary>
internal sealed record SavedModelOptions
{
    public string? Variant { get; init; }

    public float? LogitScale { get; init; }

    public int BatchSize { get; init; }

    public ClipTokenizerOptions Tokenizer { get; init; } = new();

    public ClipImagePreprocessorOptions Preprocessing { get; init; } = new();

    public static SavedModelOptions From(ClipModel model) => new()
    {
        Variant = model.Options.Variant,
        // The combined graph, which tells it, need not be among the files that are saved.
        LogitScale = model.KnownLogitScale,
        BatchSize = model.Options.BatchSize,
        Tokenizer = model.Options.Tokenizer,
        Preprocessing = model.Options.Preprocessing,
    };

    public static SavedModelOptions FromJson(string json) => JsonSerializer.Deserialize<SavedModelOptions>(json) ?? new();

    public string ToJson() => JsonSerializer.Serialize(this);

    public ClipModelOptions ToOptions(ClipModelStorage storage) => new()
    {
        Variant = Variant,
        LogitScale = LogitScale,
        BatchSize = BatchSize,
        Tokenizer = Tokenizer,
        Preprocessing = Preprocessing,
        Storage = storage,
    };
}
