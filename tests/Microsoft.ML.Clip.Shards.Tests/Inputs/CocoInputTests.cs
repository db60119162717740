namespace Microsoft.ML.Clip.Tests;

public sealed class CocoInputTests
{
    [Fact]
    public void Coco_HasItsImagesInOrder_EachWithItsFirstCaption()
    {
        using var folder = new TemporaryDirectory();
        folder.Copy(InputRows.Sample("dog.jpg"), "images/b.jpg");
        folder.Copy(InputRows.Sample("cat.png"), "images/d/a.png");
        string json = folder.Write("captions.json", """
            {"annotations": [{"image_id": 9, "caption": "a cat"}, {"image_id": 7, "bbox": [1]}, {"image_id": 7, "caption": "first"}, {"image_id": 7, "caption": "second"}],
             "images": [{"id": 7, "file_name": "b.jpg"}, {"id": 9, "file_name": "d/a.png"}, {"id": 8, "file_name": "none.jpg"}]}
            """);

        var rows = InputRows.All(ClipShardInputs.Coco(json, folder.Combine("images")));

        Assert.Equal([("b.jpg", "first"), ("d/a.png", "a cat"), ("none.jpg", null)], rows.Select(r => (r.Key, r.Caption)));
        Assert.Equal([folder.Combine("images/b.jpg"), folder.Combine("images/d/a.png"), null], rows.Select(r => r.Path));
        Assert.Contains("none.jpg", rows[2].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"images": []}""", "has no 'images'")]
    [InlineData("""[1]""", "has to be a JSON object")]
    [InlineData("""{"images": [{"id": 1, "file_name": "../x.jpg"}]}""", "images[0] of")]
    [InlineData("""{"images": [{"id": 1, "file_name": "/etc/hosts"}]}""", "images[0] of")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]}""", "images[1] of")]
    [InlineData("""{"images": [{"id": 1.5, "file_name": "a.jpg"}]}""", "no 'id' that is a whole number")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 2, "caption": "x"}]}""", "annotations[0] of")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": 5}]}""", "no 'caption' that is a text")]
    [InlineData("""{"images": [{"id": 1, "file_name": "\ud800.jpg"}]}""", "not valid JSON")]
    [InlineData("""{"images": [{"id": 1, "fil""", "cut short")]
    public void Coco_ThatIsNone_NamesFileAndPlace(string json, string message)
    {
        using var folder = new TemporaryDirectory();
        string file = folder.Write("captions.json", json);

        var e = InputRows.Fails(ClipShardInputs.Coco(file, folder));

        Assert.Equal(ClipShardProblem.Input, e.Problem);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Coco_WithALongCaption_NamesIt()
    {
        using var folder = new TemporaryDirectory();
        string file = folder.Write("captions.json",
            $$"""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": "{{new string('x', 70_000)}}"}]}""");

        Assert.Contains("a caption of 70000 bytes", InputRows.Fails(ClipShardInputs.Coco(file, folder)).Message, StringComparison.Ordinal);
    }
}
