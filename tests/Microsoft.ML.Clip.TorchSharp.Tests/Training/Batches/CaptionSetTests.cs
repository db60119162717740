namespace Microsoft.ML.Clip.Tests;

public sealed class CaptionSetTests
{
    private static readonly ClipTokenizer Tokenizer = ExportedModel.Vocabulary.CreateTokenizer();

    private static readonly string[][] Captions =
    [
        ["a photo of a red fox.", "red fox"],
        ["school bus"],
        ["red fox", "a photo of a red fox."],
        ["red fox"],
    ];

    [Fact]
    public void Create_WithoutGroups_MakesOneOfRowsWithTheSameCaptionsInAnyOrder()
    {
        var set = CaptionSet.Create(Captions, groups: null, Tokenizer);

        Assert.Equal([0, 1, 0, 2], set.Groups);
        Assert.Equal([0, 1, 3], set.RowOfGroup);
    }

    [Fact]
    public void Create_WithGroups_NumbersThemAsTheyCome()
    {
        var set = CaptionSet.Create(Captions, ["vehicle", "animal", "animal", "vehicle"], Tokenizer);

        Assert.Equal([0, 1, 1, 0], set.Groups);
        Assert.Equal([0, 1], set.RowOfGroup);
    }

    /// <summary>Whatever separates captions in the name of a group may stand in a caption.</summary>
    [Fact]
    public void Create_ACaptionWithALineBreak_IsNotTwoCaptions() =>
        Assert.Equal([0, 1], CaptionSet.Create([["fox\nred"], ["red", "fox"]], groups: null, Tokenizer).Groups);

    [Fact]
    public void First_OfEqualCaptions_IsOneNumber()
    {
        var set = CaptionSet.Create(Captions, groups: null, Tokenizer);

        Assert.Equal(set.First(2), set.First(3));
        Assert.NotEqual(set.First(0), set.First(2));
    }

    [Fact]
    public void Draw_FromARow_TakesEachOfItsCaptionsAndNoOther()
    {
        var set = CaptionSet.Create(Captions, groups: null, Tokenizer);
        var drawn = new Dictionary<int, int>();
        for (int place = 0; place < 400; place++)
        {
            var random = new CounterRandom(1, 2, place);
            int caption = set.Draw(0, ref random);
            drawn[caption] = drawn.GetValueOrDefault(caption) + 1;
        }

        Assert.Equal(2, drawn.Count);
        Assert.Equal([set.First(0), set.First(2)], drawn.Keys.Order());
        Assert.All(drawn.Values, count => Assert.InRange(count, 150, 250));
    }

    [Fact]
    public void Ids_OfCaptions_AreTheTokenizersAndPaddedToTheLongest()
    {
        var set = CaptionSet.Create(Captions, groups: null, Tokenizer);
        int end = Tokenizer.EndOfTextId;

        long[,] ids = set.Ids([set.First(1), set.First(0)], end);

        int[] bus = [.. Tokenizer.EncodeToIds("school bus")], fox = [.. Tokenizer.EncodeToIds("a photo of a red fox.")];
        Assert.Equal((2, Math.Max(bus.Length, fox.Length)), (ids.GetLength(0), ids.GetLength(1)));
        for (int i = 0; i < ids.GetLength(1); i++)
        {
            Assert.Equal(i < bus.Length ? bus[i] : end, ids[0, i]);
            Assert.Equal(i < fox.Length ? fox[i] : end, ids[1, i]);
        }
    }

    [Fact]
    public void Ids_OfACaptionThatIsTooLong_EndWithTheEndToken()
    {
        var set = CaptionSet.Create([[string.Concat(Enumerable.Repeat("goldfish ", 40))]], groups: null, Tokenizer);

        long[,] ids = set.Ids([0], Tokenizer.EndOfTextId);

        Assert.Equal(Tokenizer.ContextLength, ids.GetLength(1));
        Assert.Equal(Tokenizer.EndOfTextId, ids[0, Tokenizer.ContextLength - 1]);
        Assert.Equal(ExportedModel.Vocabulary.StartOfTextId, ids[0, 0]);
    }
}
