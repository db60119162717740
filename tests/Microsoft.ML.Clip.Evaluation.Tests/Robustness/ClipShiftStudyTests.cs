namespace Microsoft.ML.Clip.Tests;

public sealed class ClipShiftStudyTests
{
    /// <summary>numpy's polyfit solves the same sums by a decomposition.</summary>
    private const double Fits = 1e-9;

    private const string ImageNetA = "imagenet-a";

    /// <summary>Expected values are numpy's: polyfit on logits of the same table, in points of 100 where they are accuracies.</summary>
    [Fact]
    public void Fit_PublishedModels_HasTheNumbersOfNumpy()
    {
        var study = ClipShiftStudy.Fit(Published(), new Dictionary<string, double> { [ImageNetA] = ClipShiftLine.ImageNetABend });

        Assert.Equal(7, study.Lines.Count);
        var ofA = study.Lines.Single(l => l.Shift == ImageNetA);
        Assert.Equal((33, 51, 1), (ofA.Below!.Count, ofA.Line.Count, ofA.LeftOut));
        Assert.Equal(0.689448365039679, ofA.Below.Slope, Fits);
        Assert.Equal(-5.14004881498519, ofA.Below.Intercept, Fits);
        Assert.Equal(2.9559616931858126, ofA.Line.Slope, Fits);
        Assert.Equal(-10.277404871311017, ofA.Line.Intercept, Fits);
        Assert.Equal(80, study.MeanLine.Count);
        Assert.Equal(0.8613631791600206, study.MeanLine.Slope, Fits);
        Assert.Equal(-2.080859563306511, study.MeanLine.Intercept, Fits);
        Check("resnet50_clip_zeroshot", 20.924860744677872, 17.319804278794756, 19.52286466683865);
        Check("vit_b_32_clip_zeroshot", 29.205994287462257, 21.63650787645529, 23.24582011424608);
        Assert.Equal(-1.455211005511173, 100 * Effective("resnet101", ImageNetA), Fits);
        Assert.Equal(13.439476734254697, 100 * Effective("resnet50_clip_zeroshot", "imagenet-vid-robust"), Fits);
        // The model that the set was made against has an accuracy of 0 there, and no NaN anywhere.
        Assert.InRange(Effective("resnet50", ImageNetA), -0.1, 0);
        Assert.All(study.Models, m => Assert.All(m.Shifts, s => Assert.True(double.IsFinite(s.Effective))));
        Assert.Contains(study.Models, m => m.Mean is null && m.MeanEffective is null && m.EffectiveOfMean is null);

        double Effective(string model, string shift) => study.Models.Single(m => m.Name == model).Shifts.Single(s => s.Shift == shift).Effective;

        void Check(string name, double onA, double mean, double ofMean)
        {
            var model = study.Models.Single(m => m.Name == name);
            Assert.Equal(onA, 100 * Effective(name, ImageNetA), Fits);
            Assert.Equal(mean, 100 * model.MeanEffective!.Value, Fits);
            Assert.Equal(ofMean, 100 * model.EffectiveOfMean!.Value, Fits);
        }
    }

    [Fact]
    public void Adaptation_IsTheDifferenceOfTwoModels()
    {
        var study = ClipShiftStudy.Fit([Model("a", true, 0.5, 0.4), Model("b", true, 0.7, 0.6), Model("before", false, 0.6, 0.55), Model("after", false, 0.8, 0.5)]);

        var change = ClipAdaptation.Of(study.Models[2], study.Models[3]);

        Assert.Equal(("before", "after"), (change.Before, change.After));
        var shift = Assert.Single(change.Shifts);
        Assert.Equal(0.2, shift.Base, EvaluationGolden.Sums);
        Assert.Equal(-0.05, shift.Relative, EvaluationGolden.Sums);
        Assert.Equal(study.Models[3].Shifts[0].Effective - study.Models[2].Shifts[0].Effective, shift.Effective, EvaluationGolden.Sums);
        Assert.Equal(shift with { Shift = "mean" }, change.Mean);
        Assert.Throws<ArgumentException>(() => ClipAdaptation.Of(study.Models[0], study.Models[1] with { Shifts = [] }));
    }

    [Fact]
    public void Fit_WhatDoesNotFit_IsNamed()
    {
        Assert.Contains("on no shifted set", Message([]), StringComparison.Ordinal);
        Assert.Contains("2 models of the name 'a'", Message([Model("a", true, 0.5, 0.4), Model("a", true, 0.6, 0.5)]), StringComparison.Ordinal);
        Assert.Contains("'a' has on 'shift' the accuracies NaN and 0.4", Message([Model("a", true, double.NaN, 0.4)]), StringComparison.Ordinal);
        Assert.Contains("'shift' has no line", Message([Model("a", true, 0.5, 0.4), Model("b", false, 0.6, 0.4)]), StringComparison.Ordinal);
        Assert.Contains("'shift' has no line", Message([Model("a", true, 0.5, 0), Model("b", true, 0.6, 0.4)]), StringComparison.Ordinal);
        Assert.Contains("a bend for 'other'", Message([Model("a", true, 0.5, 0.4)], new() { ["other"] = 0.5 }), StringComparison.Ordinal);
        Assert.Contains("'shift, above 0.55'", Message([Model("a", true, 0.5, 0.4), Model("b", true, 0.4, 0.3), Model("c", true, 0.6, 0.5)], new() { ["shift"] = 0.55 }),
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ClipShiftAccuracy.Mean());

        static string Message(ClipShiftModel[] models, Dictionary<string, double>? bends = null) =>
            Assert.Throws<ArgumentException>(() => ClipShiftStudy.Fit(models, bends)).Message;
    }

    private static ClipShiftModel Model(string name, bool isStandard, double of, double shifted) =>
        new() { Name = name, IsStandard = isStandard, Shifts = new Dictionary<string, ClipShiftAccuracy> { ["shift"] = new(of, shifted) } };

    private static IEnumerable<ClipShiftModel> Published()
    {
        (string Name, string Base, string[] Columns)[] shifts =
        [
            ("imagenetv2", "val", ["imagenetv2-matched-frequency-format-val"]),
            ("imagenet-sketch", "val", ["imagenet-sketch"]),
            (ImageNetA, "val-on-imagenet-a-classes", [ImageNetA]),
            ("imagenet-r", "val-on-imagenet-r-classes", ["imagenet-r"]),
            ("objectnet", "val-on-objectnet-classes", ["objectnet-1.0-beta"]),
            ("imagenet-vid-robust", "val-on-vid-robust-classes", ["imagenet-vid-robust_pm0", "imagenet-vid-robust_pm10"]),
            ("ytbb-robust", "val-on-ytbb-robust-classes", ["ytbb-robust_pm0", "ytbb-robust_pm10"]),
        ];
        return PublishedModels.Read().Select(m => new ClipShiftModel
        {
            Name = m.Name,
            IsStandard = m.IsStandard,
            Shifts = shifts.Where(s => m.Has(s.Base) && s.Columns.All(m.Has))
                .ToDictionary(s => s.Name, s => ClipShiftAccuracy.Mean(s.Columns.Select(c => new ClipShiftAccuracy(m.Rate(s.Base), m.Rate(c))))),
        });
    }
}
