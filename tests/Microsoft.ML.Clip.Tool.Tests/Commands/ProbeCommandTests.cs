namespace Microsoft.ML.Clip.Tests;

public sealed class ProbeCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Train_OfClassFolders_SavesAProbeThatApplies()
    {
        // Ten times the same two pictures: what is held out is known.
        for (int i = 0; i < 10; i++)
        {
            _directory.Copy(ToolRun.Photograph("cat.png"), $"pets/cat/{i}.png");
            _directory.Copy(ToolRun.Photograph("dog.jpg"), $"pets/dog/{i}.jpg");
        }
        _directory.Write("pets/dog/broken.jpg", "no picture");
        string zip = _directory.Combine("pets.zip");

        var trained = ToolRun.Of("probe", "train", _directory.Combine("pets"), "--save", zip, "--model", "tiny", "--json").Expect(0).Json;

        Assert.Equal(["cat", "dog"], trained.GetProperty("classes").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(1, trained.GetProperty("unreadable").GetInt32());
        Assert.Equal(20, trained.GetProperty("trainingRows").GetInt32() + trained.GetProperty("heldOutRows").GetInt32());
        Assert.Equal(1, trained.GetProperty("accuracy").GetDouble());
        var interval = ClipInterval.ClopperPearson(trained.GetProperty("correct").GetInt32(), trained.GetProperty("heldOutRows").GetInt32(), 0.95);
        Assert.Equal((interval.Lower, interval.Upper), (trained.GetProperty("lower").GetDouble(), trained.GetProperty("upper").GetDouble()));

        var applied = ToolRun.Of("probe", "apply", zip, ToolRun.Photograph("cat.png"), ToolRun.Photograph("dog.jpg"), _directory.Combine("pets/dog/broken.jpg"), "--json").Expect(0).JsonLines;
        Assert.Equal(["cat", "dog", null], applied.Select(a => a.GetProperty("class").GetString()));
        Assert.NotNull(applied[2].GetProperty("error").GetString());
    }

    [Fact]
    public void Train_WithATestFolderOfOtherClasses_NamesThem()
    {
        _directory.Copy(ToolRun.Photograph("cat.png"), "train/cat/1.png");
        _directory.Copy(ToolRun.Photograph("dog.jpg"), "train/dog/1.jpg");
        _directory.Copy(ToolRun.Photograph("koala.jpg"), "test/koala/1.jpg");
        _directory.Copy(ToolRun.Photograph("dog.jpg"), "test/dog/1.jpg");

        var run = ToolRun.Of("probe", "train", _directory.Combine("train"), "--test", _directory.Combine("test"), "--save", _directory.Combine("x.zip"), "--model", "tiny");

        Assert.Contains("koala", run.Expect(ExitCode.BadInput).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.Combine("x.zip")));
    }
}
