namespace Microsoft.ML.Clip.Tests;

/// <summary>Texts are encoded without their padding where that changes nothing, equal ones once, and come back in the order in which they went in.</summary>
public sealed class TextLengthTests : IDisposable
{
    // Short and long, equal ones apart, one too long for the context, one empty.
    private static readonly string[] Texts = ["a cat", "a photo of a dog", "", "a cat", "red", "a photo of a red car to a dog at a cat of a red photo", "cat", "a photo of a dog", "a cat"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("mask")]
    [InlineData("pooled at the end token")]
    [InlineData("sees padding")]
    [InlineData("takes one length only")]
    [InlineData("batch of four")]
    public void EncodeTexts_SequenceAxisDynamic_GivesWhatFullLengthGives(string kind)
    {
        var options = kind switch
        {
            "mask" => new TinyClipOptions { AttentionMask = true },
            "pooled at the end token" => new TinyClipOptions { PoolAtEndToken = true },
            "sees padding" => new TinyClipOptions { SeesPadding = true },
            "takes one length only" => new TinyClipOptions { NeedsWholeContext = true },
            "batch of four" => new TinyClipOptions { StaticBatch = 4 },
            _ => new TinyClipOptions(),
        };
        // The same weights with a fixed sequence axis: nothing can be cut there.
        using var whole = ClipModel.Load(TinyClip.WriteTo(_directory.Combine("whole"), options with { StaticSequence = true }));
        using var dynamic = ClipModel.Load(TinyClip.WriteTo(_directory.Combine("dynamic"), options), new() { BatchSize = 2 });
        float[][] expected = whole.EncodeTexts(Texts, normalize: true);

        float[][] actual = dynamic.EncodeTexts(Texts, normalize: true);

        for (int i = 0; i < Texts.Length; i++)
        {
            Tolerances.Close(expected[i], actual[i], Tolerances.BatchSize, $"text {i}");
        }
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void EncodeTexts_SequenceAxisDynamic_CutsOnlyWhatTheGraphDoesNotSee(bool seesPadding, bool cut)
    {
        using var clip = ClipModel.Load(TinyClip.WriteTo(_directory, new() { SeesPadding = seesPadding }));
        clip.EncodeTexts(Texts);

        Assert.Equal(cut, clip.TakesShorterTexts);
    }

    [Fact]
    public void EncodeTexts_EqualTexts_GetEqualEmbeddings()
    {
        using var clip = ClipModel.Load(TinyClip.WriteTo(_directory));

        float[][] embeddings = clip.EncodeTexts(Texts);

        Assert.Equal(embeddings[0], embeddings[3]);
        Assert.Equal(embeddings[1], embeddings[7]);
        Assert.NotSame(embeddings[0], embeddings[3]);
    }
}
