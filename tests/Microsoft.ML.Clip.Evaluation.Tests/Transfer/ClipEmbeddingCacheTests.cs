namespace Microsoft.ML.Clip.Tests;

/// <summary>A set that was embedded once is read again, and one that has changed is not.</summary>
public sealed class ClipEmbeddingCacheTests : IDisposable
{
    private static readonly string Samples = Path.Combine(BuildFacts.RepositoryRoot, "samples");

    private readonly ClipModel _model = ClipModel.Load(Path.Combine(Samples, "models", "tiny-clip"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clip-test-");
    private readonly List<string> _messages = [];
    private readonly ClipEmbeddingCache _cache;
    private int _readings;

    public ClipEmbeddingCacheTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Samples, "images")).Where(f => Path.GetExtension(f) is ".png" or ".jpg"))
        {
            File.Copy(file, Path.Combine(_folder.CreateSubdirectory(Path.GetExtension(file)[1..]).FullName, Path.GetFileName(file)));
        }
        File.WriteAllText(Path.Combine(_folder.FullName, "jpg", "broken.jpg"), "no image");
        _cache = new(Path.Combine(_folder.CreateSubdirectory(".cache").FullName, "embeddings"));
        _cache.Message += (_, message) => _messages.Add(message);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(ClipFeatures.JointEmbedding)]
    [InlineData(ClipFeatures.Encoder)]
    public void Of_ASecondTime_IsRead_AndTheSame(ClipFeatures features)
    {
        var first = Embed(features);
        Assert.Equal(1, _readings);

        var second = Embed(features);

        Assert.Equal(1, _readings);
        Assert.Equal(first.Embeddings.ToArray(), second.Embeddings.ToArray());
        Assert.Equal(first.Labels, second.Labels);
        Assert.Equal("jpg/broken.jpg", Assert.Single(second.Failed).Name);
        Assert.Equal(first.Failed, second.Failed);
        Assert.Equal(Set().ComputeContentHash(TestContext.Current.CancellationToken), second.ContentHash);
        Assert.Empty(_messages);
    }

    [Fact]
    public void Of_AnotherByteInAnImage_IsEmbeddedAnew()
    {
        var first = Embed();
        string image = Directory.GetFiles(Path.Combine(_folder.FullName, "png"))[0];
        File.Copy(Directory.GetFiles(Path.Combine(_folder.FullName, "png"))[1], image, overwrite: true);
        File.SetLastWriteTimeUtc(image, DateTime.UtcNow.AddMinutes(1));

        var second = Embed();

        Assert.Equal(2, _readings);
        Assert.NotEqual(first.ContentHash, second.ContentHash);
    }

    [Fact]
    public void Of_TheSameImagesElsewhere_AreRead()
    {
        Embed();
        string other = Path.Combine(_folder.FullName, ".moved", _folder.Name);
        foreach (string file in Directory.GetFiles(_folder.FullName, "*", SearchOption.AllDirectories).Where(f => !f.Contains(".cache", StringComparison.Ordinal)))
        {
            string to = Path.Combine(other, Path.GetRelativePath(_folder.FullName, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        ClipEmbeddedSet.Of(_model, Set(other), ClipFeatures.JointEmbedding, _cache, new Counter(this), TestContext.Current.CancellationToken);

        Assert.Equal(1, _readings);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(-1)]
    public void Of_ADamagedFile_IsMadeAnew_AndSaid(int damagedByte)
    {
        var first = Embed();
        string file = Assert.Single(Directory.GetFiles(_cache.Directory));
        byte[] bytes = File.ReadAllBytes(file);
        bytes[damagedByte < 0 ? bytes.Length + damagedByte : damagedByte] ^= 1;
        File.WriteAllBytes(file, bytes);

        var second = Embed();

        Assert.Equal(2, _readings);
        Assert.Equal(first.Embeddings.ToArray(), second.Embeddings.ToArray());
        Assert.Contains(file, Assert.Single(_messages), StringComparison.Ordinal);
        Embed();
        Assert.Equal(2, _readings);
    }

    // 8 bytes of magic and 64 of the key stand before the dimension and the count.
    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(1 << 30, 1 << 30)]
    [InlineData(-1, 4)]
    [InlineData(128, -4)]
    public void Of_AFileWithMadeUpNumbers_IsMadeAnew(int dimension, int count)
    {
        Embed();
        string file = Assert.Single(Directory.GetFiles(_cache.Directory));
        byte[] bytes = File.ReadAllBytes(file);
        BitConverter.TryWriteBytes(bytes.AsSpan(72), dimension);
        BitConverter.TryWriteBytes(bytes.AsSpan(76), count);
        File.WriteAllBytes(file, bytes);

        Embed();

        Assert.Equal(2, _readings);
        Assert.Contains("numbers do not fit", Assert.Single(_messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    [InlineData(200)]
    public void Of_AFileCutShort_IsMadeAnew(int length)
    {
        Embed();
        string file = Assert.Single(Directory.GetFiles(_cache.Directory));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);

        Embed();

        Assert.Equal(2, _readings);
        Assert.Single(_messages);
    }

    [Fact]
    public void ContentHash_OfTheModel_ChangesWithItsFilesAndWhatChangesEmbeddings_NotWithItsPlace()
    {
        var token = TestContext.Current.CancellationToken;
        string copy = Path.Combine(_folder.FullName, ".model");
        foreach (string file in Directory.GetFiles(Path.Combine(Samples, "models", "tiny-clip"), "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(Path.Combine(Samples, "models", "tiny-clip"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        using var moved = ClipModel.Load(copy, new ClipModelOptions { BatchSize = 3 });
        using var fast = ClipModel.Load(copy, new ClipModelOptions { Preprocessing = new() { Decoding = ClipImageDecoding.Fast } });

        Assert.Equal(_model.ComputeContentHash(token), moved.ComputeContentHash(token));
        Assert.NotEqual(_model.ComputeContentHash(token), fast.ComputeContentHash(token));
        File.AppendAllText(Path.Combine(copy, "preprocessor_config.json"), " ");
        using var changed = ClipModel.Load(copy);
        Assert.NotEqual(_model.ComputeContentHash(token), changed.ComputeContentHash(token));
    }

    private ClipEmbeddedSet Embed(ClipFeatures features = ClipFeatures.JointEmbedding) =>
        ClipEmbeddedSet.Of(_model, Set(), features, _cache, new Counter(this), TestContext.Current.CancellationToken);

    private ClipDataSet Set(string? folder = null) => ClipDataSet.FromFolders(folder ?? _folder.FullName);

    private sealed class Counter(ClipEmbeddingCacheTests test) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => test._readings += value.IsLast ? 1 : 0;
    }
}
