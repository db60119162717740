using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>An error in a row says where, to people and to programs, however often it is wrapped.</summary>
public sealed class RowErrorTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("Image Path")]
    [InlineData("ZeroShot Path")]
    public void Transform_AMissingFile_IsNamedByTheInnermostException(string step)
    {
        var rows = fixture.Rows.ToArray();
        rows[7] = new StepRow { Path = "/no/such/image.jpg" };

        var error = Fail(step, rows);

        Assert.IsType<InvalidOperationException>(error);
        var inner = Assert.IsType<ClipImageException>(error.GetBaseException());
        Assert.Equal((7L, "Path", "/no/such/image.jpg"), (inner.Row, inner.Column, inner.Path));
        Assert.All(["Row 7", "'Path'", "/no/such/image.jpg"], part => Assert.Contains(part, inner.Message, StringComparison.Ordinal));
        Assert.NotNull(inner.Cause);
    }

    [Fact]
    public void Transform_AnEmbeddingOfAnotherLength_IsOfTheSameFamily()
    {
        var rows = fixture.Rows.ToArray();
        rows[3] = new StepRow { Embedding = [0, 0, 0, 0, 0, 0] };

        var inner = Assert.IsType<ClipRowException>(Fail("ZeroShot Embedding", rows).GetBaseException());

        Assert.Equal((3L, "Embedding", null), (inner.Row, inner.Column, inner.Path));
        Assert.Contains("Row 3", inner.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_AFileInBase64InsteadOfItsPath_IsNotRepeatedWhole()
    {
        string base64 = new('A', 1_000_000);

        var error = Fail("Image Path", [new StepRow { Path = base64 }]);

        Assert.InRange(error.ToString().Length, 1, 20_000);
        Assert.Equal(base64, Assert.IsType<ClipImageException>(error.GetBaseException()).Path);
    }

    [Fact]
    public void EncodeImages_ABadFile_SaysWhichInProperties()
    {
        var error = Assert.Throws<ClipImageException>(() => fixture.Model.EncodeImages([fixture.Rows[0].Path, "/no/such/image.jpg"]));

        Assert.Equal((1L, "/no/such/image.jpg"), (error.Row, error.Path));
        Assert.Same(error, error.GetBaseException());
    }

    private Exception Fail(string step, StepRow[] rows)
    {
        var view = fixture.Create(step).Fit(fixture.Data).Transform(_ml.Data.LoadFromEnumerable(rows));
        return Assert.ThrowsAny<Exception>(() => view.GetColumn<float[]>(StepFixture.OutputOf(step)).Count());
    }
}
