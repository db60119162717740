using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>
/// Test images that the model may have seen in training (section 5 and figure 17 of the paper), and what a list of labels does to groups of images
/// (section 7).
/// </summary>
internal sealed class OverlapSection(ClipModel model, ClipEmbeddingCache cache)
{
    // By eye: above it pairs show the same object, mostly in the same photograph.
    private const double Threshold = 0.98;

    public ClipReportSection? Overlap(IReadOnlyList<ClipEvaluationTask> tasks)
    {
        var found = new List<ClipOverlap>();
        foreach (var task in tasks.OfType<ClipClassificationTask>().Where(t => t.Train is not null && t.Name is "CIFAR-10" or "Tiny ImageNet" or "MNIST" or "GTSRB"))
        {
            ClipEmbeddedSet test = Embed(task.Test), train = Embed(task.Train!);
            var classifier = ClipEmbeddedSet.CreateClassifier(model, [.. test.ClassNames.Select(n => (IReadOnlyList<string>)[n])],
                task.Templates ?? task.Benchmark?.Templates);
            var nearest = ClipDuplicateSearch.Find(test.Embeddings, [train.Embeddings], test.Dimension);
            found.Add(ClipOverlap.Of(task.Name, test.Predict(classifier).Hits(), nearest, Threshold));
        }
        var some = found.Where(o => o.Overlap.Count > 0 && o.Clean.Count > 0).ToArray();
        if (found.Count == 0)
        {
            return null;
        }
        var blocks = new List<ClipReportBlock>
        {
            new ClipReportParagraph($"Test images whose nearest image of the set's own training part has a cosine of {Threshold} or more in this model's joint space, which for such a small model means “much alike” rather than “the same”. All less clean is the paper's main number: how much the overlap inflates the score."),
            new ClipReportNote("Overlap and clean images can differ in classes and difficulty, so that a difference is no proof of memory. Thresholds are to be set by eye, set by set."),
            new ClipReportTable("overlap", "Zero-shot on test images that overlap with the training part and on those that do not; one-sided binomial test, Bonferroni over the sets.")
            {
                Columns =
                [
                    new("Set"), new("Images", ClipReportFormat.Count), new("Overlap", ClipReportFormat.Percent), new("Right, overlap", ClipReportFormat.Percent),
                        new("Right, clean", ClipReportFormat.Percent),
                    new("All less clean", ClipReportFormat.Percent, 2), new("p", ClipReportFormat.Number, 4), new("Significant"),
                ],
                Rows = [.. found.Select(o => (IReadOnlyList<ClipReportCell>)[o.SetName, o.All.Count, o.Contamination, o.Overlap.Accuracy,
                    o.Clean.Accuracy, o.Inflation, o.PValue,
                    o.PValue is null ? "" : o.IsSignificant(Math.Max(1, some.Length)) ? "yes" : "no"])],
            },
        };
        if (some.Length > 0)
        {
            blocks.Add(new ClipReportPlot("overlap", ClipPlots.Overlap("", "Right on the overlap less right on the clean, points",
                [.. some.Select(o => new ClipPlotPoint(o.Contamination, o.Difference!.Value)
                {
                    Label = o.SetName, YInterval = o.DifferenceInterval, Group = o.IsSignificant(some.Length) ? "significant" : "not significant",
                })]), "A point for each set, with its 99.5% interval (figure 17 of the paper)."));
        }
        return new("What the model may have seen") { Blocks = blocks };
    }

    public ClipReportSection? Labels(IReadOnlyList<(string Name, ClipDataSet Set)> domains)
    {
        if (domains.Count < 2)
        {
            return null;
        }
        ClipBiasLabel[] labels = [.. domains[0].Set.ClassNames.Select(n => new ClipBiasLabel(n, "one of the classes")), new("drawing", "a drawing"), new("cartoon", "a drawing"), new("espresso", "something else"), new("goldfish", "something else")];
        var classifier = ClipZeroShotClassifier.Create(model, [.. labels.Select(l => l.Name)]);
        var sets = domains.Select(d => (d.Name, Set: Embed(d.Set))).ToArray();
        float[] embeddings = [.. sets.SelectMany(s => s.Set.Embeddings.ToArray())];
        string[] groups = [.. sets.SelectMany(s => Enumerable.Repeat(s.Name, s.Set.Count))];
        var effect = ClipBiasEffect.Of(labels, classifier, embeddings, groups, ["drawing", "cartoon"]);
        string[] categories = [.. effect.After.Categories];
        return new("What a list of labels does")
        {
            Blocks =
            [
                new ClipReportParagraph("The paper's section 7 gives images of people labels of crime and of animals, and finds that shares differ between groups and that one more word, “child”, changes them most. Images of people are not at hand here; the same tool shows the same effect with styles as groups: the share of each style's images that is given a label of each kind, without and with the labels “drawing” and “cartoon”."),
                new ClipReportPlot("labels", ClipPlots.HeatMap("", [.. effect.After.Groups], categories,
                    [.. effect.After.Groups.Select(g => (IReadOnlyList<double?>)[.. categories.Select(c => (double?)effect.After.Share(g, c).Share)])],
                    new() { IsPercent = true, RowTitle = "group", ColumnTitle = "label" }), "Shares with all labels, percent of a group's images."),
                new ClipReportTable("labels", "Shares without and with the two labels, and how many images moved.")
                {
                    Columns = [new("Group"), new("Kind of label"), new("Without", ClipReportFormat.Percent), new("With", ClipReportFormat.Percent),
                        new("Change", ClipReportFormat.Percent), new("p", ClipReportFormat.Number, 4)],
                    Rows = [.. effect.Changes.Select(c => (IReadOnlyList<ClipReportCell>)[c.Before.Group, c.Before.Category,
                        ClipReportCell.Of(c.Before.Share, c.Before.Interval),
                        ClipReportCell.Of(c.After.Share, c.After.Interval), c.Difference, c.Moved.PValue])],
                },
            ],
        };
    }

    private ClipEmbeddedSet Embed(ClipDataSet set) => ClipEmbeddedSet.Of(model, set, ClipFeatures.JointEmbedding, cache);
}
