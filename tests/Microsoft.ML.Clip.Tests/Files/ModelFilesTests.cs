namespace Microsoft.ML.Clip.Tests;

/// <summary>A model's files, wherever they lie: what they are called, and that no other can be had.</summary>
public sealed class ModelFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ModelFilesTests()
    {
        _directory.Write("model/b.txt", "inside");
        _directory.Write("model/onnx/a.txt", "below");
        _directory.Write("model/B.txt", "capital");
        _directory.Write("model/1/2/deep.txt", "deep");
        _directory.Write("model/1/2/3/deeper.txt", "deeper");
        _directory.Write("secret.txt", "outside");
    }

    public static TheoryData<string> Kinds => ["directory", "memory", "elsewhere", "recorded directory", "recorded memory", "recorded elsewhere"];

    private string Root => _directory.Combine("model");

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Kinds))]
    public void Names_AreRelativeAndInOrdinalOrder(string kind) => Assert.Equal(["1/2/deep.txt", "B.txt", "b.txt", "onnx/a.txt"], Create(kind).Names);

    [Theory, MemberData(nameof(Kinds))]
    public void OpenRead_FileOfTheListing_CanBeReadFromAnyPlace(string kind)
    {
        var files = Create(kind);

        Assert.True(files.Contains("onnx/a.txt"));
        Assert.Equal("below"u8, files.ReadAllBytes("onnx/a.txt"));
        using var stream = files.OpenRead("b.txt");
        stream.Position = 3;
        Assert.Equal((6, 'i', false), (stream.Length, (char)stream.ReadByte(), stream.CanWrite));
    }

    [Theory, MemberData(nameof(Kinds))]
    public void OpenRead_AnyOtherName_IsNoFile(string kind)
    {
        var files = Create(kind);
        foreach (string name in (string[])["", ".", "..", "../secret.txt", "onnx/../b.txt", "./b.txt", "/b.txt", "onnx", "onnx/", @"onnx\a.txt", "ONNX/a.txt", "b.txt ", "1/2/3/deeper.txt",
            _directory.Combine("secret.txt"), Path.Combine(Root, "b.txt")])
        {
            Assert.False(files.Contains(name), name);
            foreach (var use in (Func<object?>[])[() => files.OpenRead(name), () => files.PhysicalPath(name), () => files.ReadAllBytes(name)])
            {
                var error = Assert.Throws<FileNotFoundException>(use);
                Assert.Equal($"The CLIP model has no file '{name}' in {files.Location}.", error.Message);
                Assert.Equal(name, error.FileName);
            }
        }
    }

    [Fact]
    public void PhysicalPath_IsThatOfTheDirectory_OrNone()
    {
        foreach (string kind in (string[])["directory", "recorded directory"])
        {
            Assert.Equal(Root, Create(kind).Root);
            Assert.Equal(Path.Combine(Root, "onnx/a.txt"), Create(kind).PhysicalPath("onnx/a.txt"));
            Assert.Equal($"'{Root}'", Create(kind).Location);
        }
        foreach (string kind in (string[])["memory", "recorded memory"])
        {
            Assert.Null(Create(kind).Root);
            Assert.Null(Create(kind).PhysicalPath("onnx/a.txt"));
            Assert.Equal("'b.txt' in memory", Create(kind).Describe("b.txt"));
        }
        foreach (string kind in (string[])["elsewhere", "recorded elsewhere"])
        {
            Assert.Null(Create(kind).Root);
            Assert.Equal("/cache/onnx_a.txt", Create(kind).PhysicalPath("onnx/a.txt"));
        }
    }

    [Fact]
    public void Directory_ThatIsNone_SaysWhatIsThere()
    {
        Assert.Equal($"There is no CLIP model directory '{Root}x'.", Assert.Throws<DirectoryNotFoundException>(() => new DirectoryModelFiles(Root + "x")).Message);
        Assert.StartsWith($"A CLIP model is a directory, but '{Root}{Path.DirectorySeparatorChar}b.txt' is a file.",
            Assert.Throws<DirectoryNotFoundException>(() => new DirectoryModelFiles(Path.Combine(Root, "b.txt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recording_NotesWhatIsOpened_AndNothingElse()
    {
        var files = new ElsewhereFiles();
        RecordingModelFiles first = files.Recording(), second = first.Recording(), other = files.Recording();

        _ = second.Contains("b.txt");
        Assert.Throws<FileNotFoundException>(() => second.OpenRead("../secret.txt"));
        Assert.Empty(second.Opened);
        second.OpenRead("onnx/a.txt").Dispose();
        second.OpenRead("onnx/a.txt").Dispose();
        _ = second.PhysicalPath("B.txt");
        first.OpenRead("b.txt").Dispose();

        Assert.Equal(["B.txt", "onnx/a.txt"], second.Opened);
        Assert.Equal(["B.txt", "b.txt", "onnx/a.txt"], first.Opened);
        Assert.Empty(other.Opened);
    }

    [Fact]
    public void Recording_ManyThreads_NoteEverything()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(i => i.ToString("000", System.Globalization.CultureInfo.InvariantCulture))];
        var files = new MemoryModelFiles(names.ToDictionary(n => n, _ => Array.Empty<byte>()), "memory").Recording();

        Parallel.ForEach(names, name => files.OpenRead(name).Dispose());

        Assert.Equal(names, files.Opened);
    }

    private ModelFiles Create(string kind)
    {
        var directory = new DirectoryModelFiles(Path.Combine(Root, "onnx", ".."));
        var files = kind.Split(' ')[^1] switch
        {
            "directory" => directory,
            "memory" => new MemoryModelFiles(directory.Names.ToDictionary(n => n, directory.ReadAllBytes), "memory"),
            _ => (ModelFiles)new ElsewhereFiles(),
        };
        return kind.StartsWith("recorded", StringComparison.Ordinal) ? files.Recording() : files;
    }

    /// <summary>What a download could be: a listing in no order, and files that lie under other names.</summary>
    private sealed class ElsewhereFiles() : ModelFiles("elsewhere", ["onnx/a.txt", "b.txt", "1/2/deep.txt", "B.txt"])
    {
        protected override Stream Open(string name) => new MemoryStream(name == "onnx/a.txt" ? "below"u8.ToArray() : "inside"u8.ToArray(), writable: false);

        protected override string? Locate(string name) => "/cache/" + name.Replace('/', '_');
    }
}
