using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Sources whose values are good only until the next row is asked for: the steps read ahead, and must not notice.</summary>
public sealed class BorrowedValueTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("Image")]
    [InlineData("ZeroShot")]
    public void Transform_BehindResizeImagesToTheSameSize_GivesTheSameRows(string step)
    {
        // All files of one size, which is the size asked for: ResizeImages then hands on what LoadImages made, and LoadImages disposes it with the next row.
        using var directory = new TemporaryDirectory();
        string[] paths = [.. Enumerable.Range(0, 20).Select(i =>
        {
            string path = directory.Combine($"{i}.png");
            File.WriteAllBytes(path, TestImages.EncodePng(64, 64, seed: i));
            return path;
        })];
        var data = _ml.Data.LoadFromEnumerable(paths.Select(p => new StepRow { Path = p }));
        var load = _ml.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "Path");

        float[][] expected = Rows(load.Append(fixture.Create($"{step} Image")), data, step);
        float[][] found = Rows(load.Append(_ml.Transforms.ResizeImages("Image", 64, 64)).Append(fixture.Create($"{step} Image")), data, step);

        AssertClose(expected, found);
    }

    [Theory]
    [InlineData("Image")]
    [InlineData("ZeroShot")]
    public void Transform_TheSourceDisposesEachImageWithTheNextRow_GivesTheSameRows(string step)
    {
        float[][] expected = Rows(fixture.Create($"{step} Image"), fixture.Data, step);

        AssertClose(expected, Rows(fixture.Create($"{step} Image"), _ml.Data.LoadFromEnumerable(DisposesWithTheNextRow()), step));
    }

    [Fact]
    public void Transform_TheImageColumnIsKeptToo_GivesImagesThatLive()
    {
        var view = fixture.Create("Image Image").Fit(fixture.Data).Transform(_ml.Data.LoadFromEnumerable(DisposesWithTheNextRow()));
        using var cursor = view.GetRowCursor(view.Schema);
        var image = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage value = null!;
        int row = 0;

        while (cursor.MoveNext())
        {
            image(ref value);
            Assert.Equal(fixture.Rows[row].Image.Pixels, value.Pixels);
            row++;
        }

        Assert.Equal(StepFixture.RowCount, row);
        value.Dispose();
    }

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Image Bytes")]
    [InlineData("Image Image")]
    [InlineData("Text Text")]
    [InlineData("ZeroShot Embedding")]
    public void Transform_TheSourceReusesOneRowObject_GivesTheSameRows(string step)
    {
        float[][] expected = Rows(fixture.Create(step), fixture.Data, step);

        AssertClose(expected, Rows(fixture.Create(step), _ml.Data.LoadFromEnumerable(ReusesOneRow()), step));
    }

    [Fact]
    public void Transform_TheSourceReusesOneBufferOfCharacters_GivesTheSameRows()
    {
        var step = fixture.Create("Text Text").Append(_ml.Transforms.CopyColumns("Kept", "Text"));
        string[] texts = [.. fixture.Rows.Select(r => r.Text)];
        float[][] expected = Rows(fixture.Create("Text Text"), fixture.Data, "Text");

        var view = step.Fit(fixture.Data).Transform(_ml.Data.LoadFromEnumerable(ReusesOneBuffer()));

        AssertClose(expected, [.. view.GetColumn<float[]>("Output")]);
        // Both in one pass, so that the text comes out of the batch.
        Assert.Equal(texts, _ml.Data.CreateEnumerable<OutputRow>(view, reuseRowObject: false).Select(r => r.Text));
    }

    [Fact]
    public void Transform_ImagesDisposedBeforeTheyCome_AreMissingOrNamed()
    {
        var rows = Enumerable.Range(0, 4).Select(_ => new StepRow { Image = MLImage.CreateFromFile(fixture.Rows[0].Path) }).ToArray();
        rows[2].Image.Dispose();
        var data = _ml.Data.LoadFromEnumerable(rows);
        var missing = _ml.Transforms.ClipImageEmbedding("Output", "Image", fixture.Model, new() { OnInvalidImage = ClipOnInvalidImage.Missing });

        float[][] found = Rows(missing, data, "Image");
        var error = Assert.ThrowsAny<Exception>(() => Rows(fixture.Create("Image Image"), data, "Image"));

        Assert.Equal([false, false, true, false], found.Select(v => float.IsNaN(v[0])));
        Assert.Contains("Row 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("disposed", error.Message, StringComparison.Ordinal);
        Array.ForEach(rows, r => r.Image.Dispose());
    }

    private IEnumerable<StepRow> DisposesWithTheNextRow()
    {
        foreach (var row in fixture.Rows)
        {
            using var image = MLImage.CreateFromFile(row.Path);
            yield return new StepRow { Image = image };
        }
    }

    private IEnumerable<StepRow> ReusesOneRow()
    {
        var one = new StepRow();
        foreach (var row in fixture.Rows)
        {
            (one.Path, one.Text, one.Image, one.Number) = (row.Path, row.Text, row.Image, row.Number);
            // Arrays, too, are filled again.
            one.Bytes = row.Bytes;
            one.Embedding = one.Embedding?.Length == row.Embedding.Length ? one.Embedding : new float[row.Embedding.Length];
            row.Embedding.CopyTo(one.Embedding, 0);
            yield return one;
        }
    }

    private IEnumerable<TextRow> ReusesOneBuffer()
    {
        char[] buffer = new char[100];
        foreach (var row in fixture.Rows)
        {
            row.Text.CopyTo(buffer);
            yield return new TextRow { Text = buffer.AsMemory(0, row.Text.Length) };
        }
    }

    private static float[][] Rows(IEstimator<ITransformer> estimator, IDataView data, string step) =>
        [.. estimator.Fit(data).Transform(data).GetColumn<float[]>(StepFixture.OutputOf(step))];

    private static void AssertClose(float[][] expected, float[][] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerances.Close(expected[i], found[i], Tolerances.BatchSize, $"row {i}");
        }
    }

    private sealed class TextRow
    {
        public ReadOnlyMemory<char> Text { get; set; }
    }

    private sealed class OutputRow
    {
        public string Text { get; set; } = "";

        public float[] Output { get; set; } = [];
    }
}
