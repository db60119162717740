namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// What a stranger gets who loads a bundle and says nothing else: each is right, right with a warning, doubtful with a warning that names the way out, or
/// refused with the reason. None is wrong without a word.
/// </summary>
public sealed partial class FamilyTableTests : IDisposable
{
    private static readonly FamilyVerdict Right = FamilyVerdict.Right;

    // The graphs of single towers do not hold it, and 100 is what nearly all models have come to.
    private static readonly FamilyVerdict Taking100 = FamilyVerdict.Warned("Taking 100", "ClipModelOptions.LogitScale");

    // A sigmoid's scale and bias belong together, and there is no guess at them.
    private static readonly FamilyVerdict NotTold = FamilyVerdict.Refused<InvalidOperationException>("ClipModelOptions.LogitScale", "LogitBias");

    private readonly TemporaryDirectory _directory = new();

    /// <summary>Images, texts, zero-shot classification.</summary>
    private static readonly Dictionary<string, Row> Table = new()
    {
        ["clip-split"] = new(Right, Right, Taking100),
        ["clip-whole"] = new(Right, Right, Right),
        ["clip-sentence-transformers"] = new(Right, Right, Taking100),
        ["clip-immich"] = new(Right, Right, Taking100),
        ["dfn5b-immich"] = new(Right, Right, Taking100),
        ["pe-core-immich"] = new(Right, Right, Taking100),
        ["clip-visual-textual"] = new(Right, Right, Taking100),
        ["clip-visual-text"] = new(Right, Right, Taking100),
        ["clip-image-encoder"] = new(Right, Right, Taking100),
        ["siglip2-split"] = new(Right, Right, NotTold),
        ["siglip2-split-and-whole"] = new(Right, Right, Right),
        ["siglip2-whole"] = new(Right, Right, Right),
        ["siglip2-immich"] = new(Right, Right, NotTold),
        ["siglip1-split"] = new(Right, Right, NotTold),
        ["siglip1-split-and-whole"] = new(Right, Right, Right),
        ["siglip1-whole"] = new(Right, Right, Right),
        ["siglip1-immich"] = new(Right, Right, NotTold),
        ["fashion-siglip"] = new(Right, Right, NotTold),
        // The files declare the end token for padding, and nothing in them says that it matters.
        ["mobileclip-split"] = new(Right, FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"), FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId")),
        ["mobileclip-split-pad-0"] = new(Right, Right, Taking100),
        ["mobileclip-immich"] = new(Right, Right, Taking100),
        ["mobileclip2-s0"] = new(FamilyVerdict.Refused<FileNotFoundException>("'s0'", "'s2'", "ClipModelOptions.Variant")),
        ["coca-immich"] = new(Right, Right, Taking100),
        ["xlm-r-immich"] = new(Right, Right, Taking100),
        ["roberta-immich"] = new(Right, Right, Taking100),
        ["m-clip-immich"] = new(Right, Right, Taking100),
        ["m-clip-labse-immich"] = new(Right, Right, Taking100),
        ["metaclip2-mt5-immich"] = new(Right, Right, Taking100),
        ["metaclip2-split"] = new(Right, Right, Taking100),
        ["metaclip2-whole"] = new(Right, Right, Right),
        ["jina-clip-v2"] = new(Right, Right, Taking100),
        ["jina-clip-v1"] = new(Right, Right, Taking100),
        ["chinese-clip"] = new(Right, Right, Right),
        ["chinese-clip-own"] = new(Right, Right, Taking100),
        ["nllb-clip-immich"] = new(Right, Right, Taking100),
        ["nllb-siglip-immich"] = new(Right, Right, NotTold),
        ["biomedclip-immich"] = new(Right, Right, Taking100),
        ["biomedclip-open-clip"] = new(Right, Right, Taking100),
        ["clipa-immich"] = new(Right, Right, Taking100),
    };

    public static TheoryData<string> Bundles => [.. Table.Keys];

    public static TheoryData<string> Partial => [.. PartialTable.Keys];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Table_HasEveryBundle() =>
        Assert.Equal(FamilyBundles.All.Where(b => b.Value.Options.Tokenizer.Language is null).Select(b => b.Key).Order(StringComparer.Ordinal),
            Table.Keys.Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Bundles))]
    public void Bundle_IsWhatTheTableSays(string bundle) => Hold(Table[bundle], FamilyBundles.All[bundle].Fill, bundle);

    [Theory, MemberData(nameof(Partial))]
    public void OddBundle_IsWhatTheTableSays(string bundle) => Hold(PartialTable[bundle].Row, PartialTable[bundle].Fill, PartialTable[bundle].Golden);

    private void Hold(Row row, Action<FamilyFolder> fill, string goldenName)
    {
        var golden = FamilyGolden.All[goldenName];
        string directory = _directory.Combine("model");
        fill(new FamilyFolder(directory));
        string[] pictures = FamilyPictures.Write(_directory), texts = [.. golden.Texts.Select(t => t.Text)];
        var warnings = new List<string>();
        if (row.Load is { } load)
        {
            load.Hold("load", () => ClipModel.Load(directory).Dispose(), warnings);
            return;
        }
        using var clip = ClipModel.Load(directory);
        clip.Message += (_, m) =>
        {
            if (m.Kind == ClipModelMessageKind.Warning)
            {
                warnings.Add(m.Text);
            }
        };

        row.Images!.Hold("images", () => Near(golden.Images, [.. pictures.Select(p => clip.EncodeImage(p))], pictures), warnings);
        row.Texts!.Hold("texts", () => Near(golden.Texts, clip.EncodeTexts(texts), texts), warnings);
        row.ZeroShot!.Hold("zero-shot", () =>
        {
            var classifier = ClipZeroShotClassifier.Create(clip, FamilyGolden.Labels, [FamilyGolden.Template]);
            for (int i = 0; i < pictures.Length; i++)
            {
                Tolerances.Close(golden.Scores[i], [.. classifier.Classify(clip.EncodeImage(pictures[i])).Scores], Tolerances.FamilyScore, goldenName);
            }
        }, warnings);
        FamilyVerdict[] verdicts = [row.Images, row.Texts, row.ZeroShot, Taking100];
        Assert.All(warnings, warning => Assert.True(verdicts.Any(v => v.Expects(warning)), $"not in the table: {warning}"));
    }

    private static void Near(FamilyGolden.Vector[] expected, float[][] found, string[] what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i].Embedding, found[i], Tolerances.FamilyEmbedding, what[i]);
        }
    }

    private sealed record Row(FamilyVerdict? Images, FamilyVerdict? Texts, FamilyVerdict? ZeroShot, FamilyVerdict? Load = null)
    {
        public Row(FamilyVerdict load)
            : this(null, null, null, load)
        {
        }
    }
}
