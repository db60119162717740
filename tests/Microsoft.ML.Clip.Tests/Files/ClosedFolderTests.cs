namespace Microsoft.ML.Clip.Tests;

/// <summary>Folders that may not be listed: they are called that, and do not look empty.</summary>
public sealed class ClosedFolderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ClosedFolderTests() => TinyClip.WriteTo(_directory.Combine("models/tiny"), new());

    private string Model => _directory.Combine("models/tiny");

    public void Dispose() => _directory.Dispose();

    [Theory, InlineData("models/tiny"), InlineData("models")]
    public void Load_ClosedDirectory_SaysThatItCannotBeListedAndWhy(string closed) => Unprivileged.Run(_directory, [closed], () =>
    {
        foreach (var load in (Action[])[() => ClipModel.Load(Model), () => ClipTokenizer.Load(Model), () => ClipImagePreprocessor.Load(Model)])
        {
            var error = Assert.Throws<UnauthorizedAccessException>(load);
            Assert.Equal($"The CLIP model directory '{Model}' cannot be listed: Access to the path '{Model}' is denied.", error.Message);
        }
    });

    [Fact]
    public void Load_ClosedFolderOfTheTowers_SaysWhatCannotBeListed() => Unprivileged.Run(_directory, ["models/tiny/onnx"], () =>
    {
        var error = Assert.Throws<FileNotFoundException>(() => ClipModel.Load(Model));

        Assert.StartsWith($"There is no CLIP model in '{Model}' ('onnx' in it cannot be listed: Access to the path '{Model}/onnx' is denied): looked for ", error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Load_ClosedFolderThatIsNotTheModels_Loads()
    {
        Directory.CreateDirectory(_directory.Combine("models/tiny/lost+found"));

        Unprivileged.Run(_directory, ["models/tiny/lost+found"], () =>
        {
            using var model = ClipModel.Load(Model);
            Assert.Equal(2, model.EncodeTexts(["a cat", "a dog"]).Length);
        });
    }

    [Theory, InlineData("cache"), InlineData("cache/models--tests--tiny"), InlineData("cache/models--tests--tiny/snapshots")]
    public void Hub_ClosedCache_SaysThatItCannotBeListed(string closed)
    {
        const string Commit = "0123456789012345678901234567890123456789";
        TinyClip.WriteTo(_directory.Combine($"cache/models--tests--tiny/snapshots/{Commit}"), new());
        var options = new ClipHubOptions { CacheDirectory = _directory.Combine("cache"), Offline = true, Revision = Commit };
        Assert.Single(new ClipHub(options).List());
        ClipModel.FromHub("tests/tiny", options).Dispose();

        Unprivileged.Run(_directory, [closed], () =>
        {
            string why = $"Access to the path '{_directory.Combine(closed)}", denied = $"cannot be listed: {why}";
            foreach (var look in (Func<object>[])[new ClipHub(options).List, () => new ClipHub(options).Verify("tests/tiny")])
            {
                Assert.Contains(denied, Assert.Throws<UnauthorizedAccessException>(look).Message, StringComparison.Ordinal);
            }
            Assert.Contains(why, Assert.Throws<UnauthorizedAccessException>(() => new ClipHub(options).Remove("tests/tiny")).Message, StringComparison.Ordinal);
            var error = Assert.Throws<ClipHubException>(() => ClipModel.FromHub("tests/tiny", options));
            Assert.Contains(denied, error.Message, StringComparison.Ordinal);
        });
    }
}
