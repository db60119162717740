using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>
/// The part of <see cref="ClipModelOptions"/> that decides what a model computes, and so is saved with it. What belongs to a machine (device,
/// threads) is not: a loaded model takes that from its <see cref="MLContext"/>.
/// </summary>
/// <remarks>
/// The names and numbers are a format, apart from the public options': these may be renamed, this may not. A new option gets a name here, and a default that
/// means what files without it mean.
/// </remarks>
internal sealed record SavedModelOptions
{
    [JsonPropertyName("Variant")]
    public string? Variant { get; init; }

    [JsonPropertyName("LogitScale")]
    public float? LogitScale { get; init; }

    [JsonPropertyName("LogitBias")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? LogitBias { get; init; }

    /// <summary>False where it was switched off.</summary>
    [JsonPropertyName("OptimizeGraph")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? OptimizeGraph { get; init; }

    [JsonPropertyName("BatchSize")]
    public int BatchSize { get; init; }

    [JsonPropertyName("Tokenizer")]
    public TokenizerPart Tokenizer { get; init; } = new();

    [JsonPropertyName("Preprocessing")]
    public PreprocessingPart Preprocessing { get; init; } = new();

    public static SavedModelOptions From(ClipModel model)
    {
        var (tokenizer, preprocessing) = (model.Options.Tokenizer, model.Options.Preprocessing);
        return new()
        {
            Variant = model.Options.Variant,
            // The combined graph, which tells them, need not be among the files that are saved.
            LogitScale = model.KnownLogits.Scale,
            LogitBias = model.KnownLogits.Bias,
            OptimizeGraph = model.Options.OptimizeGraph ? null : false,
            BatchSize = model.Options.BatchSize,
            Tokenizer = new()
            {
                Cleaning = (int)tokenizer.Cleaning,
                ContextLength = tokenizer.ContextLength,
                PadId = tokenizer.PadId,
                Language = tokenizer.Language,
            },
            Preprocessing = new()
            {
                Convention = (int?)preprocessing.Convention,
                Decoding = (int)preprocessing.Decoding,
                // What it was, whatever later versions take for a default.
                ApplyExifOrientation = model.HasImageEncoder ? model.Preprocessor.IsUpright : preprocessing.ApplyExifOrientation ?? false,
                SixteenBitGray = (int)preprocessing.SixteenBitGray,
                MaximumPixels = preprocessing.MaximumPixels,
            },
        };
    }

    /// <exception cref="InvalidDataException">The text is not what <see cref="ToJson"/> writes.</exception>
    public static SavedModelOptions FromJson(string json)
    {
        try
        {
            var options = JsonSerializer.Deserialize<SavedModelOptions>(json) ?? throw new InvalidDataException("The saved options of the CLIP model are null.");
            return options is { Tokenizer: not null, Preprocessing: not null } ? options
                : throw new InvalidDataException("The saved options of the CLIP model are null where an object is expected: Tokenizer or Preprocessing.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The saved options of the CLIP model cannot be read: {e.Message}", e);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>What was saved, but no limit above the library's own: a saved model may come from elsewhere.</summary>
    /// <exception cref="InvalidDataException">A number stands for nothing that this version knows, or is out of its range.</exception>
    public ClipModelOptions ToOptions(ClipModelStorage storage)
    {
        var options = Convert(storage);
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The saved options of the CLIP model cannot be used: {e.Message}", e);
        }
    }

    private ClipModelOptions Convert(ClipModelStorage storage) => new()
    {
        Variant = Variant,
        LogitScale = LogitScale,
        LogitBias = LogitBias,
        OptimizeGraph = OptimizeGraph ?? true,
        BatchSize = BatchSize,
        Tokenizer = new()
        {
            Cleaning = Known<ClipTextCleaning>(Tokenizer.Cleaning),
            ContextLength = Tokenizer.ContextLength,
            PadId = Tokenizer.PadId,
            Language = Tokenizer.Language,
        },
        Preprocessing = new()
        {
            Convention = Preprocessing.Convention is { } convention ? Known<ClipImageConvention>(convention) : null,
            Decoding = Known<ClipImageDecoding>(Preprocessing.Decoding),
            ApplyExifOrientation = Preprocessing.ApplyExifOrientation,
            SixteenBitGray = Known<ClipSixteenBitGray>(Preprocessing.SixteenBitGray),
            MaximumPixels = Math.Min(Preprocessing.MaximumPixels, ClipImagePreprocessorOptions.DefaultMaximumPixels),
        },
        Storage = storage,
    };

    private static T Known<T>(int value)
        where T : struct, Enum =>
        Enum.IsDefined((T)(object)value) ? (T)(object)value
            : throw new InvalidDataException($"The saved CLIP model has {typeof(T).Name} = {value}, which this version does not know; was it saved by a later one?");

    /// <summary>What is saved of <see cref="ClipTokenizerOptions"/>.</summary>
    internal sealed record TokenizerPart
    {
        [JsonPropertyName("Cleaning")]
        public int Cleaning { get; init; }

        [JsonPropertyName("ContextLength")]
        public int? ContextLength { get; init; }

        [JsonPropertyName("PadId")]
        public int? PadId { get; init; }

        [JsonPropertyName("Language")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Language { get; init; }
    }

    /// <summary>What is saved of <see cref="ClipImagePreprocessorOptions"/>.</summary>
    internal sealed record PreprocessingPart
    {
        [JsonPropertyName("Convention")]
        public int? Convention { get; init; }

        [JsonPropertyName("Decoding")]
        public int Decoding { get; init; }

        [JsonPropertyName("ApplyExifOrientation")]
        public bool ApplyExifOrientation { get; init; }

        [JsonPropertyName("SixteenBitGray")]
        public int SixteenBitGray { get; init; }

        [JsonPropertyName("MaximumPixels")]
        public long MaximumPixels { get; init; } = ClipImagePreprocessorOptions.DefaultMaximumPixels;
    }
}
