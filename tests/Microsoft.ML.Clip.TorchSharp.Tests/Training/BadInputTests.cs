using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TorchSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What cannot be trained on, and what the trainer says then.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Fit_WithAnEmptyCaption_NamesTheRow(string caption)
    {
        var rows = TrainingFixture.Rows(8);
        rows[5].Captions[1] = caption;
        var error = Assert.Throws<ArgumentException>(() => Fit(rows));
        Assert.Contains("Row 5", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Captions'", error.Message, StringComparison.Ordinal);
        var inner = Assert.IsType<ClipRowException>(error.GetBaseException());
        Assert.Equal((5L, "Captions"), (inner.Row, inner.Column));
        Assert.Contains("Row 5", inner.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WithARowWithoutCaptions_NamesTheRow()
    {
        var rows = TrainingFixture.Rows(8);
        rows[3].Captions = [];
        Assert.Contains("Row 3", Assert.Throws<ArgumentException>(() => Fit(rows)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WhereAllCaptionsAreEqual_SaysThatThereIsNothingToContrast()
    {
        var rows = TrainingFixture.Rows(8);
        rows.ForEach(r => r.Captions = ["a photo."]);
        Assert.Contains("'a photo.'", Assert.Throws<ArgumentException>(() => Fit(rows)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Fit_WithFewerThanTwoRows_SaysSo(int rows) =>
        Assert.Contains($"found {rows}", Assert.Throws<ArgumentException>(() => Fit(TrainingFixture.Rows(rows))).Message, StringComparison.Ordinal);

    [Fact]
    public void Constructor_WithABatchOfOne_Throws() =>
        Assert.Contains("at least 2", Assert.Throws<ArgumentOutOfRangeException>(() =>
            new ClipContrastiveTrainer("Image", "Captions", TrainingFixture.Options(batchSize: 1))).Message, StringComparison.Ordinal);

    [Theory, InlineData(0), InlineData(1025), InlineData(int.MaxValue)]
    public void Constructor_WithTooFewOrTooManyThreads_SaysTheRange(int threads) =>
        Assert.StartsWith(FormattableString.Invariant($"Threads is {threads:N0}; expected 1 to 1,024."), Assert.Throws<ArgumentOutOfRangeException>(() =>
            new ClipContrastiveTrainer("Image", "Captions", TrainingFixture.Options(threads: threads))).Message, StringComparison.Ordinal);

    /// <summary>The first checkpoint comes after hours: what cannot be its place is told before them.</summary>
    [Theory]
    [InlineData("", "CheckpointPath is '', which names no file; null is none.")]
    [InlineData(" ", "CheckpointPath is ' ', which names no file; null is none.")]
    [InlineData(".", "CheckpointPath is '.', which is a directory; name a file in it.")]
    public void Constructor_WithACheckpointPathThatIsNoFile_Throws(string path, string expected) =>
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => new ClipContrastiveTrainer("Image", "Captions", TrainingFixture.Options(checkpoint: path))).Message);

    [Fact]
    public void Fit_WithABatchLargerThanTheData_UsesAllRows()
    {
        using var model = new ClipContrastiveTrainer("Image", "Captions", TrainingFixture.Options(batchSize: 1000, steps: 2))
            .Train(TrainingFixture.View(TrainingFixture.Rows(5)));
        Assert.True(double.IsFinite(model.LogitScale));
    }

    [Fact]
    public void Fit_WithAnImageThatCannotBeRead_NamesRowAndColumn()
    {
        var rows = TrainingFixture.Rows(8);
        rows[6].Image = rows[6].Image[..40];
        var error = Assert.Throws<ClipImageException>(() => Fit(rows));
        Assert.Same(error, error.GetBaseException());
        Assert.Equal((6L, "Image", null), (error.Row, error.Column, error.Path));
        Assert.Contains("Row 6 (counted from 0)", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Image'", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Cause);
    }

    [Fact]
    public void Fit_WithMissingImagesAllowed_LeavesThemOutAndSaysWhich()
    {
        var rows = TrainingFixture.Rows(8);
        rows[2].Image = [];
        rows[6].Image = [1, 2, 3];
        using var model = Fit(rows, ClipOnInvalidImage.Missing);
        Assert.Equal(2, model.SkippedRows.Count);
        Assert.StartsWith("Row 2", model.SkippedRows[0], StringComparison.Ordinal);
        Assert.StartsWith("Row 6", model.SkippedRows[1], StringComparison.Ordinal);

        rows.ForEach(r => r.Image = []);
        Assert.Contains("8 were left out", Assert.Throws<ArgumentException>(() => Fit(rows, ClipOnInvalidImage.Missing)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WithAFileThatIsNotThere_NamesIt()
    {
        var data = new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, 4).Select(i => new { Path = $"missing-{i}.png", Caption = $"caption {i}" }));
        var error = Assert.Throws<ClipImageException>(() => new ClipContrastiveTrainer("Path", "Caption", TrainingFixture.Options()).Train(data));
        Assert.Equal((0L, "Path", "missing-0.png"), (error.Row, error.Column, error.Path));
        Assert.Contains("missing-0.png", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Nothing", "Caption", null, "The input has no column 'Nothing'. Its columns are: 'Image', 'Captions', 'Caption', 'Group', 'Shares'.")]
    [InlineData("Image", "Nothing", null, "The input has no column 'Nothing'. Its columns are:")]
    [InlineData("Image", "Caption", "Nothing", "The input has no column 'Nothing'. Its columns are:")]
    [InlineData("Image", "Image", null, "Column 'Image' has to be text or a vector of texts, but is Vector<Byte>.")]
    [InlineData("Captions", "Caption", null, "Column 'Captions' has to be an image (MLImage), a file path (text) or an encoded image file (a vector of bytes), but is Vector<String>.")]
    [InlineData("Image", "Caption", "Captions", "Column 'Captions' has to be text, but is Vector<String>.")]
    public void Fit_WithAColumnThatIsNotThereOrOfAnotherType_SaysWhatThePipelineSays(string image, string caption, string? group, string expected)
    {
        var options = new ClipContrastiveTrainer.Options { Architecture = SmallArchitectures.SmallResNet, GroupColumnName = group };
        var trainer = new ClipContrastiveTrainer(image, caption, options);
        var error = Assert.ThrowsAny<ArgumentException>(() => trainer.Train(TrainingFixture.View(TrainingFixture.Rows(4))));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WithImagesThatAreNotThere_SaysWhatThePipelineSays()
    {
        var ml = new MLContext();
        var paths = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 3).Select(i => new { Path = i == 1 ? " " : "", Caption = $"caption {i}" }));
        Assert.Equal("Row 0 (counted from 0), column 'Path': The row has no image: its path is empty.", Message("Path", paths));
        var rows = TrainingFixture.Rows(3);
        rows[1].Image = [];
        var bytes = TrainingFixture.View(rows);
        Assert.Equal("Row 1 (counted from 0), column 'Image': The row has no image: its vector of bytes is empty.", Message("Image", bytes));
        using var file = new MemoryStream(TrainingFixture.SolidImage(color: 0, seed: 0));
        using var good = MLImage.CreateFromStream(file);
        var images = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 3).Select(i => new ImageRow { Image = i < 2 ? good : null, Caption = $"caption {i}" }));
        Assert.Equal("Row 2 (counted from 0), column 'Image': The row has no image (null).", Message("Image", images));

        static string Message(string column, IDataView data) =>
            Assert.Throws<ClipImageException>(() => new ClipContrastiveTrainer(column, "Caption", TrainingFixture.Options()).Train(data)).Message;
    }

    [Fact]
    public void Run_WhereTheLossIsNotANumber_StopsAndKeepsTheLastGoodCheckpoint()
    {
        using var directory = new TemporaryDirectory();
        string checkpoint = directory.Combine("c");
        var data = TrainingFixture.View(TrainingFixture.Rows());
        // A learning rate under which weights overflow: the loss is a number at first, and then is not.
        var options = TrainingFixture.Options(SmallArchitectures.VisionTransformer, steps: 200, checkpoint: checkpoint, checkpointEvery: 1, learningRate: 1e30);
        var trainer = new ClipContrastiveTrainer("Image", "Captions", options);
        string message = Assert.Throws<ClipTrainingException>(() => trainer.Train(data)).Message;

        Assert.Matches(@"step \d+", message);
        Assert.Contains("learning rate", message, StringComparison.Ordinal);
        // The checkpoint is of the last step whose loss was a number, and can be read.
        using var module = new ClipModule(SmallArchitectures.VisionTransformer, 1);
        Assert.True(File.Exists(checkpoint));
        int step = int.Parse(TrainingCheckpoint.Load(checkpoint, [("weights.logit_scale", module.LogitScale)])["step"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains($"step {step + 1}", message, StringComparison.Ordinal);
        Assert.True(float.IsFinite(module.LogitScale.item<float>()));
    }

    [Theory]
    [InlineData("StageBlocks has 1 stages and StageWidths 2")]
    [InlineData("ImageSize is 16, which is not a multiple of PatchSize, 5")]
    [InlineData("TextWidth is 8, which is not a multiple of TextHeads, 3")]
    [InlineData("outside the vocabulary of 600")]
    [InlineData("StemStride is 3")]
    public void Validate_WhereSizesDoNotFit_NamesBoth(string expected)
    {
        var architecture = expected[..5] switch
        {
            "Stage" => SmallArchitectures.SmallResNet with { StageBlocks = [1] },
            "Image" => SmallArchitectures.VisionTransformer with { PatchSize = 5 },
            "TextW" => SmallArchitectures.VisionTransformer with { TextHeads = 3 },
            "StemS" => SmallArchitectures.SmallResNet with { StemStride = 3 },
            _ => SmallArchitectures.VisionTransformer with { EndOfTextId = 600 },
        };
        Assert.Contains(expected, Assert.Throws<ArgumentException>(architecture.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("small-resnet", 12, "multiple of 8")]
    [InlineData("small-resnet", 24, "at most 16")]
    [InlineData("vit", 8, "without a fixed size")]
    [InlineData("openai-resnet", 8, "without a fixed size")]
    public void Constructor_WithAReducedSizeThatTheNetworkCannotTake_SaysWhy(string architecture, int size, string expected) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(() => new ClipContrastiveTrainer("Image", "Captions",
            TrainingFixture.Options(SmallArchitectures.All[architecture], reducedSize: size, reducedSteps: 1))).Message, StringComparison.Ordinal);

    private static ClipContrastiveModel Fit(IEnumerable<TrainingFixture.Row> rows, ClipOnInvalidImage onInvalidImage = ClipOnInvalidImage.Throw) =>
        new ClipContrastiveTrainer("Image", "Captions", TrainingFixture.Options(steps: 1, onInvalidImage: onInvalidImage)).Train(TrainingFixture.View(rows));

    private sealed class ImageRow
    {
        [ImageType(16, 20)]
        public MLImage? Image { get; set; }

        public string Caption { get; set; } = "";
    }
}
