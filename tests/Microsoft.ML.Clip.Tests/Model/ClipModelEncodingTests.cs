using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Encoding without a pipeline: every form of image, memory of the caller's, progress, cancellation, errors.</summary>
public sealed class ClipModelEncodingTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    private ClipModel Clip => fixture.Model;

    private string[] Paths => [.. fixture.Rows.Select(r => r.Path)];

    [Fact]
    public void EncodeImages_AnyForm_GivesTheSameEmbeddings()
    {
        float[][] expected = Clip.EncodeImages([.. fixture.Rows.Select(r => r.Image)]);

        Assert.Equal(expected, Clip.EncodeImages(Paths));
        Assert.Equal(expected, Clip.EncodeImages(fixture.Rows.Select(r => r.Bytes).ToArray()));
        Assert.Equal(expected, Clip.EncodeImages(Streams(p => new MemoryStream(File.ReadAllBytes(p)))));
        Assert.Equal(expected, Clip.EncodeImages(Streams(p => new Unseekable(File.ReadAllBytes(p)))));
        ClipImageSource[] mixed = [.. fixture.Rows.Select((r, i) => (i % 4) switch
        {
            0 => (ClipImageSource)r.Path,
            1 => r.Bytes,
            2 => r.Image,
            _ => new ReadOnlyMemory<byte>(r.Bytes),
        })];
        Assert.Equal(expected, Clip.EncodeImages(mixed));
        Assert.Equal(expected[1], Clip.EncodeImages([Paths[1]])[0]);
    }

    [Fact]
    public void EncodeImages_StreamInTheMiddle_IsReadFromThereAndLeftOpen()
    {
        byte[] large = TestImages.EncodePng(400, 300, seed: 3);
        Assert.True(large.Length > 1 << 17);
        using var stream = new MemoryStream([1, 2, 3, .. large]) { Position = 3 };

        float[] actual = Clip.EncodeImage(stream);

        Assert.Equal(Clip.EncodeImage(large), actual);
        Assert.Equal(actual, Clip.EncodeImage(new Unseekable(large)));
        Assert.True(stream.CanRead);
        Assert.Equal(stream.Length, stream.Position);
    }

    // The number of batches overflowed, and so nothing was encoded: null for each image and text.
    [Theory, InlineData(int.MaxValue), InlineData(int.MaxValue - 3), InlineData(100_000)]
    public void Encode_BatchesOfAnySize_GiveTheSame(int batchSize)
    {
        using var model = ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = batchSize });
        string[] texts = [.. Enumerable.Range(0, 20).Select(i => $"a cat {i % 7}")];

        AssertClose(Clip.EncodeImages(Paths), model.EncodeImages(Paths));
        AssertClose(Clip.EncodeTexts(texts), model.EncodeTexts(texts));
        float[] whole = new float[texts.Length * model.EmbeddingDimension];
        model.EncodeTexts(texts, whole);
        Assert.Equal(model.EncodeTexts(texts).SelectMany(e => e), whole);

        static void AssertClose(float[][] expected, float[][] found)
        {
            Assert.Equal(expected.Length, found.Length);
            for (int i = 0; i < expected.Length; i++)
            {
                Tolerances.Close(expected[i], found[i], Tolerances.BatchSize, $"row {i}");
            }
        }
    }

    [Fact]
    public void EncodeOne_EqualsTheListOfOne()
    {
        Assert.Equal(Clip.EncodeImages([Paths[0]])[0], Clip.EncodeImage(Paths[0]));
        Assert.Equal(Clip.EncodeImages([Paths[0]], normalize: false)[0], Clip.EncodeImage(fixture.Rows[0].Bytes, normalize: false));
        Assert.Equal(Clip.EncodeTexts(["a cat"])[0], Clip.EncodeText("a cat"));
        Assert.Equal(Clip.EncodeTexts(["a cat"], normalize: false)[0], Clip.EncodeText("a cat", normalize: false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Encode_IntoASpan_WritesTheSameRows(bool normalize)
    {
        string[] texts = ["a cat", "a dog", "a cat", "", "a photo of a red car"];
        float[] images = new float[Paths.Length * Clip.EmbeddingDimension], captions = new float[texts.Length * Clip.EmbeddingDimension];

        Clip.EncodeImages([.. Paths], images, normalize);
        Clip.EncodeTexts(texts, captions, normalize);

        Assert.Equal(Clip.EncodeImages(Paths, normalize).SelectMany(e => e), images);
        Assert.Equal(Clip.EncodeTexts(texts, normalize).SelectMany(e => e), captions);
        Clip.EncodeImages((ClipImageSource[])[], []);
        Clip.EncodeTexts([], Span<float>.Empty);
    }

    [Fact]
    public void Encode_SpanOfAnotherLength_SaysBoth()
    {
        foreach (int length in (int[])[0, 11, 13])
        {
            var images = Assert.Throws<ArgumentException>(() => Clip.EncodeImages([Paths[0], Paths[1]], new float[length]));
            var texts = Assert.Throws<ArgumentException>(() => Clip.EncodeTexts(["a", "b"], new float[length]));
            Assert.All((string[])[images.Message, texts.Message], m => Assert.Contains($"must hold 12 values; it holds {length}.", m, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Encode_Progress_EndsWithTheCount()
    {
        var images = new Reports();
        var texts = new Reports();
        using var clip = ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = 5, ConcurrentBatches = 1 });

        clip.EncodeImages(Paths, progress: images);
        clip.EncodeTexts([.. Enumerable.Range(0, 2500).Select(i => $"text {i}")], progress: texts);

        Assert.Equal([5, 10, 15, 20, 23], images);
        Assert.Equal([1024, 2048, 2500], texts);
    }

    [Fact]
    public void Encode_Cancelled_StopsBeforeTheEnd()
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory, new() { BatchSize = 1, ConcurrentBatches = 1 });
        using var cancellation = new CancellationTokenSource();
        var reports = new Reports { OnReport = _ => cancellation.Cancel() };

        Assert.Throws<OperationCanceledException>(() => clip.EncodeImages(Paths, progress: reports, cancellationToken: cancellation.Token));
        Assert.Equal([1], reports);
        Assert.Throws<OperationCanceledException>(() => clip.EncodeTexts(["a cat"], cancellationToken: cancellation.Token));
        Assert.Throws<OperationCanceledException>(() => clip.EncodeImages([.. Paths], new float[Paths.Length * 6], cancellationToken: cancellation.Token));
        Assert.Equal(6, clip.EncodeImage(Paths[0]).Length);
    }

    [Fact]
    public void EncodeImages_OneIsBad_NamesItsPlaceAndCause()
    {
        string missing = fixture.TemporaryFile("missing.png");
        byte[] noImage = [1, 2, 3];
        using var closed = new MemoryStream();
        closed.Dispose();

        Assert.Contains($"paths[1]: '{missing}': There is no such image file", Message(() => Clip.EncodeImages([Paths[0], missing])), StringComparison.Ordinal);
        Assert.Contains("files[0]: ", Message(() => Clip.EncodeImages((byte[][])[noImage])), StringComparison.Ordinal);
        Assert.Contains("streams[0]: The stream of the image cannot be read", Message(() => Clip.EncodeImages((Stream[])[closed])), StringComparison.Ordinal);
        Assert.Contains("streams[1]: ", Message(() => Clip.EncodeImages((Stream[])[File.OpenRead(Paths[0]), new MemoryStream()])), StringComparison.Ordinal);
        Assert.Contains($"images[1]: '{missing}'", Message(() => Clip.EncodeImages([Paths[0], missing], new float[12])), StringComparison.Ordinal);
        static string Message(Action action) => Assert.Throws<ClipImageException>(action).Message;
    }

    [Fact]
    public void EncodeImages_Nothing_IsRefused()
    {
        Assert.Contains("images[1] is null", Assert.Throws<ArgumentException>(() => Clip.EncodeImages((ClipImageSource[])[Paths[0], default]))
            .Message, StringComparison.Ordinal);
        Assert.Contains("images[0] is null", Assert.Throws<ArgumentException>(() => Clip.EncodeImage((byte[])null!)).Message, StringComparison.Ordinal);
        Assert.Contains("paths[0] is null", Assert.Throws<ArgumentException>(() => Clip.EncodeImages((string[])[null!])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => Clip.EncodeImages((IReadOnlyList<ClipImageSource>)null!, new float[6]));
        Assert.Throws<ArgumentNullException>(() => Clip.EncodeText(null!));
    }

    private Stream[] Streams(Func<string, Stream> open) => [.. Paths.Select(open)];

    private sealed class Reports : ConcurrentQueue<int>, IProgress<int>
    {
        public Action<int>? OnReport { get; init; }

        public void Report(int value)
        {
            Enqueue(value);
            OnReport?.Invoke(value);
        }
    }

    /// <summary>A stream as a network gives it: a few bytes at a time, and no length.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1000)]);
    }
}
