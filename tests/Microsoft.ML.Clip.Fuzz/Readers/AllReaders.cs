namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Every reader of bytes that may come from strangers.</summary>
internal static class AllReaders
{
    public static IReadOnlyList<Reader> All { get; } =
    [
        OnnxReaders.Graph, OnnxReaders.Model,
        JsonReaders.Preprocessing, JsonReaders.Json,
        TokenizerReaders.TokenizerJson, TokenizerReaders.Vocabulary, TokenizerReaders.OpenAIVocabulary, TokenizerReaders.Text,
        ImageReaders.Header, ImageReaders.Image, UserDecoderReader.All,
        HubReaders.Listing,
        DataSetReaders.All, ShardReaders.Inputs, ShardPlanReader.Plan, MergedReader.All,
        SavedModelReaders.Options, SavedModelReaders.Zip,
        WeightReaders.Safetensors, WeightReaders.Head, WeightReaders.Index, WeightReaders.Checkpoint, WeightReaders.Elf,
    ];

    public static Reader Find(string name) => All.FirstOrDefault(r => r.Name == name)
        ?? throw new ArgumentException($"There is no reader '{name}'. There are: {string.Join(", ", All.Select(r => r.Name))}.");
}
