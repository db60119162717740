using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>What another style of the same classes costs, zero-shot and a probe that learned on the first (figures 13 and 14 of the paper).</summary>
internal sealed class ShiftSection(ClipModel model, ClipEmbeddingCache cache)
{
    public ClipReportSection? Styles(IReadOnlyList<(string Name, ClipDataSet Set)> domains)
    {
        if (domains.Count < 2)
        {
            return null;
        }
        var (train, held) = domains[0].Set.Split();
        var names = domains[0].Set.ClassNames.Select(n => (IReadOnlyList<string>)[n]).ToArray();
        var classifier = ClipEmbeddedSet.CreateClassifier(model, names);
        var probe = ClipSetProbe.Train(Embed(train, ClipFeatures.Encoder));
        var measured = domains.Select((domain, i) =>
        {
            var set = i == 0 ? held : domain.Set;
            return (domain.Name, ZeroShot: Embed(set, ClipFeatures.JointEmbedding).Classify(classifier),
                Probe: probe.Predict(Embed(set, ClipFeatures.Encoder)).Result);
        }).ToArray();
        return new("Another style")
        {
            Blocks =
            [
                new ClipReportParagraph($"The same {names.Length} classes in {domains.Count} styles. The probe has learned on half of “{domains[0].Name}” and is measured on the other half and on all images of the other styles; zero-shot has seen no example of any. What a probe learns on one style need not hold for another: the paper's section 3.3."),
                new ClipReportTable("styles", "Accuracy on each style.")
                {
                    Columns = [new("Style"), new("Images", ClipReportFormat.Count), Percent("Zero-shot"), Percent($"Probe on {domains[0].Name}"), Percent("Chance")],
                    Rows = [.. measured.Select(m => (IReadOnlyList<ClipReportCell>)[m.Name, m.ZeroShot.Count,
                        ClipReportCell.Rate(m.ZeroShot.Hits, m.ZeroShot.Count),
                        ClipReportCell.Rate(m.Probe.Hits, m.Probe.Count), m.ZeroShot.Chance])],
                },
                new ClipReportPlot("styles", ClipPlots.LogitScatter("", $"Accuracy on {domains[0].Name}, %", "Accuracy on the other styles, %",
                    [.. measured.Skip(1).SelectMany(m => new[]
                    {
                        Point("zero-shot", m.Name, measured[0].ZeroShot, m.ZeroShot),
                        Point($"probe on {domains[0].Name}", m.Name, measured[0].Probe, m.Probe),
                    })],
                    new()
                    {
                        HasIdentityLine = true,
                        Arrows = [.. measured.Skip(1).Select(m =>
                            new ClipPlotArrow(Rate(measured[0].ZeroShot), Rate(m.ZeroShot), Rate(measured[0].Probe), Rate(m.Probe)))],
                    }),
                    "Arrows go from zero-shot to the probe that was adapted to the first style, on logit axes with 99.5% intervals. On the dashed line a shift costs nothing."),
            ],
        };
    }

    public ClipReportSection? Sources(SharedClasses? shared)
    {
        if (shared is null)
        {
            return null;
        }
        var probe = ClipSetProbe.Train(Embed(shared.Train, ClipFeatures.Encoder));
        // Seven of ten classes: what is not among them is no choice for either.
        int[] kept = [.. shared.Classes.Where(c => c >= 0).Distinct().Order()];
        string[] names = [.. kept.Select(k => shared.Train.ClassNames[k])];
        int[] ownPlaces = [.. Enumerable.Range(0, shared.Train.ClassNames.Count).Select(k => Array.IndexOf(kept, k))];
        int[] otherPlaces = [.. shared.Classes.Select(c => c < 0 ? -1 : Array.IndexOf(kept, c))];
        var classifier = ClipEmbeddedSet.CreateClassifier(model, [.. names.Select(n => (IReadOnlyList<string>)[n])], ClipPrompts.Cifar18);
        var own = Embed(shared.Test, ClipFeatures.JointEmbedding).WithClasses(names, ownPlaces).Classify(classifier);
        var other = Embed(shared.Shifted, ClipFeatures.JointEmbedding).WithClasses(names, otherPlaces).Classify(classifier);
        var restricted = probe.WithClasses(kept);
        var ownProbe = restricted.Predict(Embed(shared.Test, ClipFeatures.Encoder).WithClasses(names, ownPlaces)).Result;
        var otherProbe = restricted.Predict(Embed(shared.Shifted, ClipFeatures.Encoder).WithClasses(names, otherPlaces)).Result;
        return new("The same classes from elsewhere")
        {
            Blocks =
            [
                new ClipReportParagraph($"The {names.Length} classes that CIFAR-10 and Tiny ImageNet have in common, as CINIC-10 did it: a probe learns on CIFAR-10's training images and is measured on the test images of both. Only these classes can be answered."),
                new ClipReportNote("tiny-clip was trained on the training images of both sets, so that this is a shift for the probe and none for the model."),
                new ClipReportTable("sources", "Accuracy from one source to another.")
                {
                    Columns = [new("Images"), new("n", ClipReportFormat.Count), Percent("Zero-shot"), Percent("Probe on CIFAR-10"), Percent("Chance")],
                    Rows =
                    [
                        ["CIFAR-10, test", own.Count, ClipReportCell.Rate(own.Hits, own.Count), ClipReportCell.Rate(ownProbe.Hits, ownProbe.Count), own.Chance],
                        ["Tiny ImageNet, validation", other.Count, ClipReportCell.Rate(other.Hits, other.Count), ClipReportCell.Rate(otherProbe.Hits, otherProbe.Count), other.Chance],
                    ],
                },
            ],
        };
    }

    private ClipEmbeddedSet Embed(ClipDataSet set, ClipFeatures features) => ClipEmbeddedSet.Of(model, set, features, cache);

    private static ClipPlotPoint Point(string group, string name, ClipClassificationResult first, ClipClassificationResult shifted) =>
        new(Rate(first), Rate(shifted))
        {
            Label = name,
            Group = group,
            XInterval = Clipped(first),
            YInterval = Clipped(shifted),
        };

    private static double Rate(ClipClassificationResult result) => ClipRobustnessLine.Rate(result.Hits, result.Count);

    // 0 and 1 have no place on a logit axis.
    private static ClipInterval Clipped(ClipClassificationResult r)
    {
        double half = 0.5 / r.Count;
        return new(Math.Clamp(r.Interval.Lower, half, 1 - half), Math.Clamp(r.Interval.Upper, half, 1 - half));
    }

    private static ClipReportColumn Percent(string name) => new(name, ClipReportFormat.Percent);
}
