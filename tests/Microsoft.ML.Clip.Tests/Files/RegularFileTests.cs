namespace Microsoft.ML.Clip.Tests;

/// <summary>Only regular files are opened: no pipe, on which opening waits, and no device, which has no end.</summary>
public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Kinds => IrregularFiles.Kinds;

    /// <summary>Every file that loading or first use opens.</summary>
    public static TheoryData<string> ModelFileNames =>
        ["config.json", "preprocessor_config.json", "onnx/vision_model.onnx", "onnx/vision_model.onnx_data", "tokenizer.json", "tokenizer_config.json"];

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Kinds))]
    public void Open_NoRegularFile_IsRefusedAtOnce(string kind)
    {
        string path = _directory.Combine("file");
        IrregularFiles.Put(kind, path);

        Action[] ways = [() => RegularFile.Open(path).Dispose(), () => RegularFile.OpenHandle(path).Dispose(), () => RegularFile.ReadAllBytes(path)];
        foreach (var open in ways)
        {
            var error = Assert.IsType<IOException>(IrregularFiles.Error(open));
            Assert.Contains($"'{path}' cannot be read: it has no bytes", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("onnx/vision_model.onnx"), InlineData("tokenizer.json"), InlineData("config.json")]
    public void Load_LinkToNothingInTheModel_SaysSo(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        TinyClip.WriteTo(_directory, new());
        File.Delete(_directory.Combine(name));
        File.CreateSymbolicLink(_directory.Combine(name), _directory.Combine("blobs/gone"));

        var error = Assert.Throws<InvalidDataException>(() =>
        {
            using var clip = ClipModel.Load(_directory);
            clip.EncodeTexts(["a cat"]);
        });

        Assert.Equal($"The file '{name}' in '{_directory.FullName}' cannot be read: it is a link that leads to no file.", error.Message);
    }

    [Fact]
    public void PreprocessFile_LinkToNothing_SaysSo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string link = _directory.Combine("cat.jpg");
        File.CreateSymbolicLink(link, _directory.Combine("gone.jpg"));
        var preprocessor = ClipImagePreprocessor.Create(32);

        var error = Assert.Throws<ClipImageException>(() => preprocessor.PreprocessFile(link, new float[preprocessor.PixelValueCount]));

        Assert.Contains($"'{link}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("it is a link that leads to no file", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(ModelFileNames))]
    public void Load_PipeInTheModel_IsRefusedAtOnceAndNamed(string name)
    {
        TinyClip.WriteTo(_directory, new() { ExternalData = true });
        IrregularFiles.Put("pipe", _directory.Combine(name));

        var error = Assert.IsType<InvalidDataException>(IrregularFiles.Error(() =>
        {
            using var clip = ClipModel.Load(_directory);
            clip.EncodeTexts(["a cat"]);
        }));

        Assert.Contains($"'{name}' in '{_directory.FullName}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("no regular file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileOrLinkToOne_IsRead()
    {
        string path = _directory.Write("file", "content"), link = _directory.Combine("link");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        File.CreateSymbolicLink(link, path);

        foreach (string file in (string[])[path, link])
        {
            using var stream = RegularFile.Open(file);
            Assert.Equal("content"u8, File.ReadAllBytes(file));
            Assert.Equal(("content".Length, (int)'c'), (stream.Length, stream.ReadByte()));
        }
    }

    [Fact]
    public void Open_NothingThere_IsNotFound()
    {
        Assert.Throws<FileNotFoundException>(() => RegularFile.Open(_directory.Combine("nothing")));
        Assert.ThrowsAny<UnauthorizedAccessException>(() => RegularFile.Open(_directory));
    }
}
