using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Sessions that are opened beside other work: once, without a word of their own, and never by the caller's code.</summary>
public sealed class OpenAheadTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    [Fact]
    public async Task FirstImageAndText_WhileTheirSessionsAreOpenedBeside_OpenEachOnce()
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory, new() { ConcurrentBatches = 2 });
        var opened = new List<string>();
        clip.Message += (_, message) =>
        {
            lock (opened)
            {
                opened.Add(message.Text);
            }
        };

        string path = fixture.Rows[0].Path;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => clip.EncodeImage(path))));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => clip.EncodeText("a cat"))));

        lock (opened)
        {
            Assert.Single(opened, text => text.Contains("image encoder", StringComparison.Ordinal) && text.Contains("runs on", StringComparison.Ordinal));
            Assert.Single(opened, text => text.Contains("text encoder", StringComparison.Ordinal) && text.Contains("runs on", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void SessionOptionsOfTheCaller_AreAskedForOnlyWhereASessionIsNeeded()
    {
        int sessions = 0;
        using var clip = ClipModel.Load(fixture.ModelDirectory, new()
        {
            CreateSessionOptions = () =>
            {
                Interlocked.Increment(ref sessions);
                return new SessionOptions();
            },
        });

        Assert.Throws<ClipImageException>(() => clip.EncodeImage(Path.Combine(fixture.ModelDirectory, "no such image.png")));
        Thread.Sleep(200);
        Assert.Equal(0, Volatile.Read(ref sessions));
        clip.EncodeImage(fixture.Rows[0].Path);
        Assert.Equal(1, Volatile.Read(ref sessions));
    }

    [Fact]
    public void GraphThatCannotBeOpened_FailsWhereItIsNeeded_EveryTime()
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory, new TinyClipOptions());
        using var clip = ClipModel.Load(directory.Combine("."));
        string file = Directory.GetFiles(directory.Combine("."), "vision_model.onnx", SearchOption.AllDirectories).Single();
        // Another file since it was read.
        File.WriteAllBytes(file, [.. File.ReadAllBytes(file), 0]);

        var errors = Enumerable.Range(0, 3).Select(_ => Assert.Throws<InvalidDataException>(() => clip.EncodeImage(fixture.Rows[0].Path)).Message).ToList();

        Assert.Single(errors.Distinct());
        Assert.Contains("vision_model.onnx", errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ModelDisposedRightAfterAnImageThatFails_LetsGoOfTheSessionThatIsBeingOpened()
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory, new TinyClipOptions());
        for (int i = 0; i < 10; i++)
        {
            var clip = ClipModel.Load(directory.Combine("."));
            Assert.Throws<ClipImageException>(() => clip.EncodeImage(directory.Combine("none.png")));
            clip.Dispose();
            Assert.Throws<ObjectDisposedException>(() => clip.EncodeImage(fixture.Rows[0].Path));
        }
    }

    [Fact]
    public void PlainMath_IsWhatItSays()
    {
        var random = new Random(5);
        foreach (int length in (int[])[1, 2, 3, 4, 5, 7, 8, 512, 513])
        {
            float[] x = [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5))], y = [.. x.Select(v => v * 0.5f)];
            double norm = Math.Sqrt(x.Sum(v => (double)v * v));
            Assert.Equal(norm, PlainMath.Norm(x), 1e-7 * norm);
            Assert.Equal(norm / 2, PlainMath.Distance(x, y), 1e-7 * norm);
            int[] whole = [.. x.Select(v => (int)(v * 10))];
            Assert.Equal(Array.IndexOf(whole, whole.Max()), PlainMath.IndexOfMax(whole));
            float[] divided = [.. x];
            PlainMath.Divide(divided, 3);
            Assert.Equal([.. x.Select(v => v / 3)], divided);
        }
        Assert.Equal(-1, PlainMath.IndexOfMax([]));
    }
}
