using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Opening what the first request would wait for.</summary>
public sealed class WarmUpTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    [Theory]
    [InlineData(null, null, 2)]
    [InlineData(true, true, 2)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    [InlineData(false, false, 0)]
    public void WarmUp_Towers_OpensTheirSessionsOnce(bool? images, bool? texts, int sessions)
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory, new() { ConcurrentBatches = 2 });
        var opened = Opened(clip);

        clip.WarmUp(images, texts);
        clip.WarmUp(images, texts);

        Assert.Equal(sessions, opened.Count);
        Assert.Equal(images ?? true, opened.Any(m => m.Contains("image encoder", StringComparison.Ordinal)));
        Assert.Equal(texts ?? true, opened.Any(m => m.Contains("text encoder", StringComparison.Ordinal)));
    }

    [Fact]
    public void WarmUp_ThenFirstUse_OpensNothingMore()
    {
        int sessions = 0;
        using var clip = ClipModel.Load(fixture.ModelDirectory, new()
        {
            ConcurrentBatches = 2,
            BatchSize = 4,
            CreateSessionOptions = () =>
            {
                sessions++;
                return new SessionOptions();
            },
        });

        clip.WarmUp();
        Assert.Equal(2, sessions);
        clip.EncodeImage(fixture.Rows[0].Path);
        clip.EncodeText("a cat");
        Assert.Equal(2, sessions);

        clip.WarmUp(batchSize: 4);
        Assert.Equal(4, sessions);
        clip.EncodeImages([.. fixture.Rows.Select(r => r.Path)]);
        clip.EncodeTexts([.. fixture.Rows.Select(r => r.Text)]);
        Assert.Equal(4, sessions);
    }

    [Fact]
    public void WarmUp_OneTowerOnly_TakesWhatThereIsAndRefusesTheOther()
    {
        using var directory = new TemporaryDirectory();
        TinyClip.WriteTo(directory, new TinyClipOptions());
        foreach (string file in Directory.GetFiles(directory.Combine("."), "text_model*.onnx", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }
        using var clip = ClipModel.Load(directory.Combine("."));
        Assert.False(clip.HasTextEncoder);

        clip.WarmUp();

        Assert.Contains("text_model.onnx", Assert.Throws<InvalidOperationException>(() => clip.WarmUp(texts: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WarmUp_CancelledDisposedOrNonsense_Throws()
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory);
        var opened = Opened(clip);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(() => clip.WarmUp(cancellationToken: cancellation.Token));
        Assert.Throws<ArgumentOutOfRangeException>(() => clip.WarmUp(batchSize: 0));
        Assert.Empty(opened);
        clip.Dispose();
        Assert.Throws<ObjectDisposedException>(() => clip.WarmUp());
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void WarmUp_MoreRowsThanAnArrayHolds_IsRefusedByTheArgumentsName(bool images)
    {
        using var clip = ClipModel.Load(fixture.ModelDirectory);
        var opened = Opened(clip);

        Assert.Equal("batchSize", Assert.Throws<ArgumentOutOfRangeException>(() => clip.WarmUp(images, !images, int.MaxValue)).ParamName);
        Assert.Empty(opened);
    }

    private static List<string> Opened(ClipModel clip)
    {
        var opened = new List<string>();
        clip.Message += (_, message) =>
        {
            if (message.Text.Contains(" runs on ", StringComparison.Ordinal))
            {
                opened.Add(message.Text);
            }
        };
        return opened;
    }
}
