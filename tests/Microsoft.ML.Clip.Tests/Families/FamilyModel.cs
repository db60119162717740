namespace Microsoft.ML.Clip.Tests;

/// <summary>Which places of a text a place sees.</summary>
internal enum FamilySight
{
    /// <summary>Itself and those before it.</summary>
    Before,

    /// <summary>All, padding included.</summary>
    All,

    /// <summary>All whose id is not <see cref="FamilyModel.PadId"/>.</summary>
    OtherIds,

    /// <summary>All where the attention mask is 1.</summary>
    Mask,
}

/// <summary>Where the meaning of a text is taken from.</summary>
internal enum FamilyPooling
{
    /// <summary>The place of the highest id, as OpenAI's code finds the end token.</summary>
    HighestId,

    /// <summary>The first place with <see cref="FamilyModel.EndId"/>.</summary>
    EndId,

    /// <summary>The last place, padding or not.</summary>
    LastPlace,

    /// <summary>The first place.</summary>
    FirstPlace,

    /// <summary>The mean over the places that are seen.</summary>
    Mean,

    /// <summary>A token behind all others, which is no id.</summary>
    ClassToken,
}

/// <summary>
/// A small network of one family. It is no transformer, but has what sets a family apart; eng/golden/families.py computes the same in float64.
/// </summary>
/// <remarks>
/// Images: the patches through a convolution, times a table of places, their mean plus a class vector. Texts: token and position embeddings, times a
/// second table of places, summed over what a place sees. Both: layer norm, projection.
/// </remarks>
internal sealed record FamilyModel(string Name, int Vocabulary, int Places)
{
    public const int ImageSize = 32, Patch = 8, TextWidth = 8;

    public static FamilyModel Clip { get; } = new("clip", TinyTokenizerFiles.VocabularySize, 77);

    public static FamilyModel PerceptionEncoder { get; } = Clip with { Name = "pe-core", Places = 32 };

    /// <summary>Attention is not causal, and takes no mask.</summary>
    public static FamilyModel MobileClip { get; } = Clip with { Name = "mobileclip", Sees = FamilySight.All };

    public static FamilyModel CoCa { get; } = Clip with { Name = "coca", Places = 76, Sees = FamilySight.OtherIds, PadId = 0, Pooling = FamilyPooling.ClassToken };

    public static FamilyModel Siglip1 { get; } = new("siglip1", 11, 64)
    {
        Sees = FamilySight.All,
        Pooling = FamilyPooling.LastPlace,
        ImageWidth = 8,
        Dimension = 8,
    };

    public static FamilyModel Siglip2 { get; } = Siglip1 with { Name = "siglip2", Vocabulary = 300 };

    public static FamilyModel XlmR { get; } = new("xlm-r", 12, 77) { Sees = FamilySight.OtherIds, PadId = 1, Pooling = FamilyPooling.Mean };

    public static FamilyModel Roberta { get; } = XlmR with { Name = "roberta", Vocabulary = 300 };

    public static FamilyModel MClip { get; } = XlmR with { Name = "m-clip", Sees = FamilySight.Mask, ProjectionBias = true };

    public static FamilyModel MetaClip2 { get; } = XlmR with { Name = "metaclip2", Sees = FamilySight.Before, Pooling = FamilyPooling.EndId, EndId = 2 };

    public static FamilyModel MClipLabse { get; } = MClip with { Name = "labse", Vocabulary = 16 };

    public static FamilyModel MetaClip2Mt5 { get; } = MetaClip2 with { Name = "metaclip2-mt5", Vocabulary = 11, EndId = 1 };

    public static FamilyModel Jina1 { get; } = new("jina1", 16, 512) { Sees = FamilySight.OtherIds, PadId = 0, Pooling = FamilyPooling.Mean };

    public static FamilyModel Jina2 { get; } = XlmR with { Name = "jina2", Places = 512 };

    public static FamilyModel Chinese { get; } = new("chinese", 20, 512) { Sees = FamilySight.Mask, Pooling = FamilyPooling.FirstPlace };

    public static FamilyModel Nllb { get; } = XlmR with { Name = "nllb", Vocabulary = 64, Pooling = FamilyPooling.FirstPlace };

    public static FamilyModel Biomed { get; } = Jina1 with { Name = "biomed", Places = 256, Pooling = FamilyPooling.FirstPlace };

    public static FamilyModel ClipA { get; } = new("clipa", 16, 32) { Sees = FamilySight.All, Pooling = FamilyPooling.LastPlace };

    public FamilySight Sees { get; init; }

    public FamilyPooling Pooling { get; init; }

    /// <summary>The id that <see cref="FamilySight.OtherIds"/> does not see.</summary>
    public int PadId { get; init; }

    public int EndId { get; init; }

    /// <summary>Whether something is added to the projection of texts.</summary>
    public bool ProjectionBias { get; init; }

    public int ImageWidth { get; init; } = 12;

    /// <summary>The length of embeddings. A tower of the same width has no projection.</summary>
    public int Dimension { get; init; } = 6;

    public float[] Weights(string part, int count, float scale = 1) => FamilyWeights.Draw($"{Name}.{part}", count, scale);
}
