using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a step is computed on: eight rows in four groups of two, each image of one colour that tells its row.</summary>
public sealed class BatchMakerTests : IDisposable
{
    private const int Rows = 8;

    private static readonly ClipTokenizer Tokenizer = ExportedModel.Vocabulary.CreateTokenizer();

    private static readonly ClipArchitecture Architecture = SmallArchitectures.SmallResNet with
    {
        ImageMean = [0, 0, 0],
        ImageStandardDeviation = [1, 1, 1],
        EndOfTextId = Tokenizer.EndOfTextId,
    };

    // Rows 0 and 4 are foxes, 1 and 5 buses, 2 and 6 cats, 3 and 7 cars; each has two wordings, of which one is its own.
    private static readonly string[] Names = ["red fox", "school bus", "tabby cat", "sports car"];

    private static readonly string[][] Captions = [.. Enumerable.Range(0, Rows).Select(row => new[] { Names[row % 4], $"a photo of a {Names[row % 4]} {row}" })];

    private static readonly CaptionSet Set = CaptionSet.Create(Captions, [.. Enumerable.Range(0, Rows).Select(row => Names[row % 4])], Tokenizer);

    private readonly DisposeScope _scope = NewDisposeScope();

    [Fact]
    public void Make_OverAnEpoch_ShowsEachRowOnce()
    {
        using var maker = Maker(new() { BatchSize = 4 });

        Assert.Equal(2, maker.StepsPerEpoch);
        Assert.Equal(Enumerable.Range(0, Rows), RowsOf(maker.Make(0)).Concat(RowsOf(maker.Make(1))).Order());
        Assert.Equal(Enumerable.Range(0, Rows), RowsOf(maker.Make(2)).Concat(RowsOf(maker.Make(3))).Order());
    }

    [Fact]
    public void Make_OfAStep_DependsOnSeedAndStepAlone()
    {
        using BatchMaker straight = Maker(new() { BatchSize = 4 }), jumping = Maker(new() { BatchSize = 4 }), other = Maker(new() { BatchSize = 4, Seed = 2 });
        for (int step = 0; step < 5; step++)
        {
            straight.Make(step);
        }

        var expected = Values(straight.Make(5));

        Assert.Equal(expected, Values(jumping.Make(5)));
        Assert.NotEqual(expected, Values(other.Make(5)));
    }

    [Fact]
    public void Make_Pixels_AreChannelsLastInMemory()
    {
        using var maker = Maker(new() { BatchSize = 4 });

        var pixels = maker.Make(0).Pixels;

        Assert.Equal([4, 3, 16, 16], pixels.shape);
        Assert.Equal([3 * 16 * 16, 1, 3 * 16, 3], pixels.stride());
    }

    [Fact]
    public void Make_InTheFirstSteps_HasTheReducedSize()
    {
        using var maker = Maker(new() { BatchSize = 4, ReducedImageSize = 8, ReducedSteps = 2 });

        Assert.Equal([8, 8, 16], Enumerable.Range(0, 3).Select(step => maker.Make(step).Pixels.shape[2]));
        Assert.Equal(4, RowsOf(maker.Make(0)).Distinct().Count());
    }

    [Fact]
    public void Make_ForThePapersLoss_GivesEachImageACaptionOfItsRow()
    {
        using var maker = Maker(new() { BatchSize = 8 });

        var batch = maker.Make(3);

        Assert.Null(batch.Positives);
        string[] texts = TextsOf(batch);
        int[] rows = RowsOf(batch);
        long[] textOfImage = batch.TextOfImage.data<long>().ToArray();
        Assert.All(rows.Zip(textOfImage), pair => Assert.Contains(texts[pair.Second], Captions[pair.First]));
        Assert.Equal(texts.Length, texts.Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Make_ForTheMultiPositiveLoss_MarksTheTextsOfTheImagesGroup(bool captionsOfAllGroups)
    {
        using var maker = Maker(new() { BatchSize = 3, Loss = ClipTrainingLoss.MultiPositive, CaptionsOfAllGroups = captionsOfAllGroups });
        for (int step = 0; step < 6; step++)
        {
            var batch = maker.Make(step);
            string[] texts = TextsOf(batch);
            int[] rows = RowsOf(batch);
            float[] positives = batch.Positives!.data<float>().ToArray();

            for (int i = 0; i < rows.Length; i++)
            {
                float[] row = positives[(i * texts.Length)..((i + 1) * texts.Length)];
                Assert.Equal(texts.Select(text => NameIn(text) == rows[i] % 4 ? 1f : 0f), row);
            }
            Assert.Equal(captionsOfAllGroups ? [0, 1, 2, 3] : rows.Select(row => row % 4).Distinct().Order(), texts.Select(NameIn).Distinct().Order());
            Assert.Equal(texts.Length, texts.Distinct().Count());
        }
    }

    [Fact]
    public void Make_WithOneTextPerGroup_HasOne()
    {
        using var maker = Maker(new() { BatchSize = 8, Loss = ClipTrainingLoss.MultiPositive, OneTextPerGroup = true });

        var batch = maker.Make(0);

        string[] texts = TextsOf(batch);
        Assert.Equal(4, texts.Length);
        Assert.All(RowsOf(batch).Zip(batch.TextOfImage.data<long>().ToArray()), pair => Assert.Equal(pair.First % 4, NameIn(texts[pair.Second])));
    }

    [Fact]
    public void BatchSize_WithFewerRowsThanAskedFor_IsAllOfThem()
    {
        using var maker = Maker(new() { BatchSize = 100 });

        Assert.Equal((Rows, 1), (maker.BatchSize, maker.StepsPerEpoch));
        Assert.Equal(Rows, RowsOf(maker.Make(7)).Distinct().Count());
    }

    public void Dispose() => _scope.Dispose();

    private static BatchMaker Maker(ClipContrastiveTrainer.Options options)
    {
        var images = new ClipImageSet(Architecture.ImageSize);
        images.Grow(Rows);
        for (int row = 0; row < Rows; row++)
        {
            images[row].Fill((byte)(10 * row));
        }
        return new BatchMaker(options with { Architecture = Architecture }, Architecture, TrainingData.Whole(images, Captions), Set);
    }

    /// <summary>Crops and flips leave a plain image plain.</summary>
    private static int[] RowsOf(TrainingBatch batch) =>
        [.. Enumerable.Range(0, (int)batch.Pixels.shape[0]).Select(i => (int)Math.Round(batch.Pixels[i, 0, 0, 0].item<float>() * 25.5))];

    private static string[] TextsOf(TrainingBatch batch)
    {
        long[] ids = batch.Texts.data<long>().ToArray();
        int length = (int)batch.Texts.shape[1];
        return [.. ids.Chunk(length).Select(text => text.Skip(1).TakeWhile(id => id != Tokenizer.EndOfTextId).Select(id => (int)id))
            .Select(text => Tokenizer.Decode([.. text]).Trim())];
    }

    /// <summary>Which name a text has.</summary>
    private static int NameIn(string text) => Array.FindIndex(Names, name => text.Contains(name, StringComparison.Ordinal));

    private static (string Pixels, string Texts) Values(TrainingBatch batch) =>
        (string.Join(' ', batch.Pixels.contiguous().data<float>().ToArray()), string.Join(' ', batch.Texts.data<long>().ToArray()));
}
