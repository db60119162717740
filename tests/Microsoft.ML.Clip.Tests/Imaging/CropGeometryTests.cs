namespace Microsoft.ML.Clip.Tests;

public class CropGeometryTests
{
    [Theory]
    // Half of the excess: Hugging Face rounds down, OpenAI half to even; they part where excess mod 4 is 3.
    [InlineData(224, 0, 0)]
    [InlineData(225, 0, 0)]
    [InlineData(226, 1, 1)]
    [InlineData(227, 1, 2)]
    [InlineData(228, 2, 2)]
    [InlineData(229, 2, 2)]
    [InlineData(231, 3, 4)]
    [InlineData(447, 111, 112)]
    public void CropAxis_LargerThanOutput_StartsWhereTheReferenceDoes(int resized, int huggingFace, int openAI)
    {
        Assert.Equal(new CropAxis(resized, huggingFace, 224, 0), CropAxis.Create(resized, 224, ClipImageConvention.HuggingFace));
        Assert.Equal(new CropAxis(resized, openAI, 224, 0), CropAxis.Create(resized, 224, ClipImageConvention.OpenAI));
    }

    [Theory]
    [InlineData(223, 1, 0)]
    [InlineData(222, 1, 1)]
    [InlineData(221, 2, 1)]
    [InlineData(1, 112, 111)]
    public void CropAxis_SmallerThanOutput_IsPaddedAsTheReferenceDoes(int resized, int huggingFace, int openAI)
    {
        Assert.Equal(new CropAxis(resized, 0, resized, huggingFace), CropAxis.Create(resized, 224, ClipImageConvention.HuggingFace));
        Assert.Equal(new CropAxis(resized, 0, resized, openAI), CropAxis.Create(resized, 224, ClipImageConvention.OpenAI));
    }

    [Theory]
    [InlineData(500, 333, 336, 224)] // 336.3 is truncated
    [InlineData(333, 500, 224, 336)]
    [InlineData(1000, 3, 74666, 224)]
    [InlineData(1, 1, 224, 224)]
    [InlineData(224, 224, 224, 224)]
    public void Create_ShortestEdge_TruncatesTheLongEdge(int width, int height, int resizedWidth, int resizedHeight)
    {
        var geometry = CropGeometry.Create(width, height, ClipImagePreprocessorSettings.ForImageSize(224));
        Assert.Equal((resizedWidth, resizedHeight), (geometry.Columns.ResizedSize, geometry.Rows.ResizedSize));
    }

    [Theory]
    [InlineData(100, 50, 64, 32)]
    [InlineData(50, 100, 32, 64)]
    [InlineData(3, 2000, 1, 64)] // round(0.096) would be nothing
    [InlineData(101, 50, 64, 32)]
    public void Create_LongestEdge_FitsInside(int width, int height, int resizedWidth, int resizedHeight)
    {
        var settings = ClipImagePreprocessorSettings.ForImageSize(64) with { ResizeMode = ClipResizeMode.Longest };
        var geometry = CropGeometry.Create(width, height, settings);
        Assert.Equal((resizedWidth, resizedHeight), (geometry.Columns.ResizedSize, geometry.Rows.ResizedSize));
    }

    [Fact]
    public void Create_SquashAndNone_TakeTheTargetAndTheImage()
    {
        var settings = ClipImagePreprocessorSettings.ForImageSize(64);
        var squash = CropGeometry.Create(100, 7, settings with { ResizeMode = ClipResizeMode.Squash });
        var none = CropGeometry.Create(100, 7, settings with { ResizeMode = ClipResizeMode.None });
        Assert.Equal((64, 64), (squash.Columns.ResizedSize, squash.Rows.ResizedSize));
        Assert.Equal((100, 7), (none.Columns.ResizedSize, none.Rows.ResizedSize));
    }

    [Fact]
    public void Create_TooNarrow_SaysWhichSize()
    {
        var error = Assert.Throws<ClipImageException>(() => CropGeometry.Create(1, 100_000_000, ClipImagePreprocessorSettings.ForImageSize(224)));
        Assert.Contains("1 x 100000000", error.Message, StringComparison.Ordinal);
    }
}
