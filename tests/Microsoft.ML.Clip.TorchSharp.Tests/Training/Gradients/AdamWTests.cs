using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Theirs = TorchSharp.Modules.AdamW;

namespace Microsoft.ML.Clip.Tests;

public sealed class AdamWTests
{
    [Fact]
    public void Step_OnWeightsAndGains_IsTorchsWithDecayOnWeightsAlone()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        Parameter weight = new(randn([3, 4], generator: generator)), gain = new(randn([4], generator: generator));
        Parameter sameWeight = new(weight.detach().clone()), sameGain = new(gain.detach().clone());
        using var ours = new AdamW([("w", weight), ("g", gain)], 0.9, 0.98, 1e-6, 0.1);
        var theirs = optim.AdamW([
            new Theirs.ParamGroup([sameWeight], new Theirs.Options { LearningRate = 0.01, beta1 = 0.9, beta2 = 0.98, eps = 1e-6, weight_decay = 0.1 }),
            new Theirs.ParamGroup([sameGain], new Theirs.Options { LearningRate = 0.01, beta1 = 0.9, beta2 = 0.98, eps = 1e-6, weight_decay = 0 })]);

        for (int step = 1; step <= 20; step++)
        {
            Backward(weight, gain, step);
            Backward(sameWeight, sameGain, step);
            ours.Step(0.01, step, new TorchThreads(1));
            theirs.step();
            ours.ZeroGradients();
            theirs.zero_grad();
        }

        Assert.InRange((weight - sameWeight).abs().max().item<float>(), 0, 1e-6);
        Assert.InRange((gain - sameGain).abs().max().item<float>(), 0, 1e-6);
    }

    [Fact]
    public void Decays_InEveryTower_LeavesGainsBiasesAndTemperatureAlone()
    {
        foreach (var architecture in SmallArchitectures.All.Values)
        {
            using var module = new ClipModule(architecture, seed: 1);
            string[] kept = [.. module.Parameters().Where(p => !AdamW.Decays(p.Value)).Select(p => p.Name)];
            string[] decayed = [.. module.Parameters().Where(p => AdamW.Decays(p.Value)).Select(p => p.Name)];

            Assert.Contains("logit_scale", kept);
            Assert.All(decayed, name => Assert.True(name.EndsWith("weight", StringComparison.Ordinal) || name.EndsWith("proj", StringComparison.Ordinal)
                || name.EndsWith("projection", StringComparison.Ordinal) || name.EndsWith("positional_embedding", StringComparison.Ordinal), name));
            Assert.DoesNotContain(decayed, name => name.Contains("bias", StringComparison.Ordinal) || name.Contains("ln_", StringComparison.Ordinal)
                || name.Contains("bn", StringComparison.Ordinal));
            Assert.Contains(decayed, name => name == "visual.conv1.weight");
        }
    }

    private static void Backward(Tensor weight, Tensor gain, int step) => ((weight * gain).sin() * step).sum().backward();
}
