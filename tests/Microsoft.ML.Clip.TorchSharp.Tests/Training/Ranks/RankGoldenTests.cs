using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Loss and gradients of several ranks against PyTorch's gather with gradient: Golden/ranks.</summary>
public sealed class RankGoldenTests
{
    public static TheoryData<int> Cases => new(0, 1);

    [Theory, MemberData(nameof(Cases))]
    public void Contrast_OnRanks_GivesWhatPyTorchsGatherWithGradientGives(int number)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "ranks", "ranks.json")));
        var golden = document.RootElement.GetProperty("cases")[number];
        int ranks = golden.GetProperty("ranks").GetInt32(), images = golden.GetProperty("images").GetInt32(), width = golden.GetProperty("width").GetInt32();
        float[] imageFeatures = Numbers(golden, "image_features"), textFeatures = Numbers(golden, "text_features");
        float[] imageGradient = new float[imageFeatures.Length], textGradient = new float[textFeatures.Length], t = new float[ranks];
        double[] losses = new double[ranks];

        LocalCollective.Run(ranks, rank =>
        {
            using var scope = NewDisposeScope();
            int share = images / ranks, first = rank.Rank * share;
            long[] places = [.. Enumerable.Range(0, images).Select(i => (long)i)];
            var whole = new TrainingBatch(zeros(1), zeros(1), tensor(places), null,
                new RankShare(RankGroup.Of(rank)!, tensor(places), tensor(places[first..(first + share)]), images));
            var temperature = tensor((float)golden.GetProperty("t").GetDouble()).requires_grad_();
            var (loss, ofImages, ofTexts) = whole.Contrast(Part(imageFeatures), Part(textFeatures), temperature);
            losses[rank.Rank] = loss;
            t[rank.Rank] = temperature.grad!.item<float>();
            ofImages.data<float>().ToArray().CopyTo(imageGradient, first * width);
            ofTexts.data<float>().ToArray().CopyTo(textGradient, first * width);

            Tensor Part(float[] features) => tensor(features[(first * width)..((first + share) * width)]).reshape(share, width);
        }, RankFixture.Patience);

        double expected = golden.GetProperty("loss").GetDouble();
        Assert.All(losses, loss => Assert.Equal(expected, loss, TrainingTolerances.Loss * expected));
        // Of t, whose gradient is the same on all, the first rank's is kept: gradients are added.
        Assert.Equal(golden.GetProperty("t_gradient").GetDouble(), t[0], TrainingTolerances.Loss);
        Assert.All(t.Skip(1), value => Assert.Equal(0, value));
        AssertClose(Numbers(golden, "image_gradient"), imageGradient);
        AssertClose(Numbers(golden, "text_gradient"), textGradient);
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        double scale = expected.Max(Math.Abs), worst = expected.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max() / scale;
        TestContext.Current.TestOutputHelper?.WriteLine($"{worst:e1} of the largest");
        Assert.InRange(worst, 0, TrainingTolerances.Loss);
    }

    private static float[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetSingle())];
}
