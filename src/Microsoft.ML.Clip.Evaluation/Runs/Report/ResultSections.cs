using System.Globalization;

namespace Microsoft.ML.Clip;

/// <summary>The sections of a report of results that are about all sets together.</summary>
internal static class ResultSections
{
    private const int MostSets = 60, HashLength = 16;

    public static IEnumerable<ClipReportSection> Of(ClipEvaluationResults results)
    {
        yield return Summary(results);
        if (Probes(results) is { Blocks.Count: > 0 } probes)
        {
            yield return probes;
        }
        if (ComputeSection.Of(results) is { } compute)
        {
            yield return compute;
        }
        if (Prompts(results) is { } prompts)
        {
            yield return prompts;
        }
        if (FewShotSection.Of(results) is { Blocks.Count: > 0 } fewShot)
        {
            yield return fewShot;
        }
        if (Retrieval(results) is { } retrieval)
        {
            yield return retrieval;
        }
        if (Comparison(results) is { } comparison)
        {
            yield return comparison;
        }
        foreach (var set in SetSections.Of(results))
        {
            yield return set;
        }
        yield return Methods(results);
    }

    private static ClipReportSection Summary(ClipEvaluationResults results)
    {
        var blocks = new List<ClipReportBlock>
        {
            new ClipReportParagraph(string.Create(CultureInfo.InvariantCulture,
                $"{Count(results.Models.Count, "model")} on {Count(results.Records.Select(r => r.Task).Distinct().Count(), "set")}, measured on {results.Started:yyyy-MM-dd} in {results.Seconds:F0} s by Microsoft.ML.Clip {results.Version}. Values are in percent with their 99.5% intervals (Radford et al. 2021, table 10); chance and the share of the most frequent class stand beside them.")),
        };
        foreach (var skipped in results.Skipped)
        {
            blocks.Add(new ClipReportNote($"Not measured: {skipped.Task}{(skipped.Model == "*" ? "" : $" with {skipped.Model}")}. {skipped.Reason}"));
        }
        foreach (var failed in results.Records.Where(r => r.Rows.Failed > 0).DistinctBy(r => r.Task))
        {
            blocks.Add(new ClipReportNote(string.Create(CultureInfo.InvariantCulture,
                $"{failed.Task}: {failed.Rows.Failed:N0} of {failed.Rows.Read:N0} images could not be read and are left out: {string.Join("; ", failed.Failed.Take(3).Select(f => $"{f.Name} ({f.Message})"))}{(failed.Failed.Count > 3 ? " ..." : "")}")));
        }
        // Sets of classes have sections of their own for them.
        foreach (var task in results.Records.GroupBy(r => r.Task).Where(g => g.All(r => r.Classification is null)))
        {
            blocks.AddRange(task.SelectMany(r => r.Remarks).Distinct().Select(r => new ClipReportNote($"{task.Key}: {r}")));
        }
        blocks.AddRange(results.Messages.Select(m => new ClipReportNote(m)));
        var rows = Pairs(results).Select(pair =>
        {
            var (model, task) = pair;
            var zeroShot = results.Find(model, task, ClipEvaluationKind.ZeroShot);
            var probe = results.Find(model, task, ClipEvaluationKind.LinearProbe);
            var any = zeroShot ?? probe ?? results.Records.First(r => r.Model == model && r.Task == task);
            double? classes = any.Classes == 0 ? null : any.Classes;
            return (IReadOnlyList<ClipReportCell>)[task, model, any.Metric, Cell(zeroShot), Cell(probe), any.Rows.Used, classes, any.Chance, any.MajorityRate];
        }).ToArray();
        if (rows.Length > 0)
        {
            blocks.Add(new ClipReportTable("results", "Zero-shot transfer with each set's templates, and a linear probe where there are images to train on.")
            {
                Columns = [new("Set"), new("Model"), new("Metric"), Percent("Zero-shot"), Percent("Linear probe"), new("Images", ClipReportFormat.Count),
                    new("Classes", ClipReportFormat.Count), Percent("Chance"), Percent("Most frequent")],
                Rows = rows,
            });
        }
        if (Means(results) is { } means)
        {
            blocks.Add(means);
        }
        return new("Results") { Blocks = blocks };
    }

    // Means over other sets for each model would compare what cannot be compared.
    private static ClipReportTable? Means(ClipEvaluationResults results)
    {
        ClipEvaluationKind[] kinds = [ClipEvaluationKind.ZeroShot, ClipEvaluationKind.LinearProbe];
        var usable = kinds.Where(k => results.CommonTasks(k).Count > 1).ToArray();
        return usable.Length == 0 ? null : new ClipReportTable("means", "Means over the sets on which every model was measured, each by its own metric.")
        {
            Columns = [new("Model"), .. usable.Select(k => Percent($"{Name(k)}, {results.CommonTasks(k).Count} sets"))],
            Rows = [.. results.Models.Select(m => (IReadOnlyList<ClipReportCell>)[m.Name, .. usable.Select(k => (ClipReportCell)results.Mean(m.Name, k))])],
        };
    }

    private static ClipReportSection Probes(ClipEvaluationResults results)
    {
        var pairs = Pairs(results).Select(p => (p.Model, p.Task, ZeroShot: results.Find(p.Model, p.Task, ClipEvaluationKind.ZeroShot),
            Probe: results.Find(p.Model, p.Task, ClipEvaluationKind.LinearProbe))).Where(p => p.ZeroShot is not null && p.Probe is not null).ToArray();
        var blocks = new List<ClipReportBlock>();
        bool many = results.Models.Count > 1;
        if (pairs.Length > 1)
        {
            blocks.Add(new ClipReportPlot("zero-shot-against-probe", ClipPlots.Scatter("", ClipPlotAxis.Percent("Linear probe on the model's features, %") with { Minimum = 0, Maximum = 1 },
                ClipPlotAxis.Percent("Zero-shot, %") with { Minimum = 0, Maximum = 1 },
                [.. pairs.Select(p => new ClipPlotPoint(p.Probe!.Value, p.ZeroShot!.Value)
                {
                    Label = p.Task,
                    Group = many ? p.Model : null,
                    XInterval = p.Probe.Interval,
                    YInterval = p.ZeroShot.Interval,
                    IsLabelled = pairs.Length <= MostSets,
                })],
                new() { HasIdentityLine = true, HasCorrelation = pairs.Length > 2, HasEqualAxes = true, Width = 560 }),
                "Zero-shot beside a linear probe on the same model's features, a point for each set (figure 8 of the paper). Above the dashed line zero-shot is better."));
        }
        if (pairs.Length > 0)
        {
            blocks.Add(new ClipReportPlot("zero-shot-less-probe", ClipPlots.Bars("", new("Zero-shot less linear probe, points") { IsPercent = true },
                [.. pairs.Select(p => new ClipPlotBar(many ? $"{p.Task}, {p.Model}" : p.Task, p.ZeroShot!.Value - p.Probe!.Value))], new() { HasSigns = true }),
                "The difference set by set (as figure 5, with a probe on the model's own features)."));
        }
        return new("Zero-shot against a probe") { Blocks = blocks };
    }

    private static ClipReportSection? Prompts(ClipEvaluationResults results)
    {
        string[] prompts = [.. results.Records.Where(r => r.Kind == ClipEvaluationKind.ZeroShotOtherPrompt).Select(r => r.Prompts!).Distinct()];
        var rows = Pairs(results).Select(pair =>
        {
            var best = results.Find(pair.Model, pair.Task, ClipEvaluationKind.ZeroShot);
            return best?.Prompts is null ? null
                : (IReadOnlyList<ClipReportCell>)[pair.Task, pair.Model, .. prompts.Select(p => With(p, pair.Model, pair.Task)), best.Prompts, best.Value];
        }).OfType<IReadOnlyList<ClipReportCell>>().ToArray();
        return prompts.Length == 0 || rows.Length == 0 ? null : new("What prompts are worth")
        {
            Blocks =
            [
                new ClipReportParagraph("The same images, with other prompts for the same names. On ImageNet the paper gains 1.3 points with “A photo of a {}.” and 3.5 more with 80 templates; small models and small sets vary."),
                new ClipReportTable("prompts", "Zero-shot by prompts; the last column is that of the table above.")
                {
                    Columns = [new("Set"), new("Model"), .. prompts.Select(p => Percent(p)), new("Templates of the set"), Percent("with them")],
                    Rows = rows,
                },
            ],
        };

        ClipReportCell With(string prompt, string model, string task) =>
            results.Records.FirstOrDefault(r => r.Model == model && r.Task == task && r.Prompts == prompt && r.Classification is not null)?.Value;
    }

    private static ClipReportSection? Retrieval(ClipEvaluationResults results)
    {
        var records = results.Records.Where(r => r.Retrieval is not null).GroupBy(r => (r.Model, r.Task)).ToArray();
        if (records.Length == 0)
        {
            return null;
        }
        string[] metrics = [.. records[0].Select(r => r.Metric)];
        return new("Images and captions")
        {
            Blocks =
            [
                new ClipReportTable("retrieval", "Recall at k: the share of images that have one of their captions among the k nearest, and of captions that have their image there (table 13 of the paper). A rank is 1 and what is strictly nearer.")
                {
                    Columns = [new("Set"), new("Model"), new("Images", ClipReportFormat.Count), new("Captions", ClipReportFormat.Count), .. metrics.Select(m => Percent(m)),
                        new("Median rank of a caption", ClipReportFormat.Number), new("of an image", ClipReportFormat.Number)],
                    Rows = [.. records.Select(g => (IReadOnlyList<ClipReportCell>)
                    [
                        g.Key.Task, g.Key.Model, g.First().Retrieval!.ImageToText.Queries, g.First().Retrieval!.TextToImage.Queries,
                        .. metrics.Select(m => Cell(g.FirstOrDefault(r => r.Metric == m))),
                        g.First().Retrieval!.ImageToText.MedianRank, g.First().Retrieval!.TextToImage.MedianRank,
                    ])],
                },
            ],
        };
    }

    private static ClipReportSection? Comparison(ClipEvaluationResults results)
    {
        var rows = new List<IReadOnlyList<ClipReportCell>>();
        for (int i = 1; i < results.Models.Count; i++)
        {
            string first = results.Models[0].Name, second = results.Models[i].Name;
            foreach (var kind in new[] { ClipEvaluationKind.ZeroShot, ClipEvaluationKind.LinearProbe })
            {
                foreach (string task in results.CommonTasks(kind))
                {
                    if (results.Compare(first, second, task, kind) is { } test)
                    {
                        rows.Add([task, Name(kind), first, second, test.OnlyFirst, test.OnlySecond, test.PValue]);
                    }
                }
            }
        }
        return rows.Count == 0 ? null : new("Models against each other")
        {
            Blocks =
            [
                new ClipReportTable("mcnemar", "McNemar's exact test on the same images: how many only one of two models got right, and how probable so large a difference is between equals.")
                {
                    Columns = [new("Set"), new("Way"), new("First"), new("Second"), new("Only the first", ClipReportFormat.Count), new("Only the second", ClipReportFormat.Count),
                        new("p", ClipReportFormat.Number, 4)],
                    Rows = rows,
                },
            ],
        };
    }

    private static ClipReportSection Methods(ClipEvaluationResults results)
    {
        var blocks = new List<ClipReportBlock>
        {
            new ClipReportTable("models", "The models. Hashes are SHA-256 over the files that a model needs and the options that change an embedding.")
            {
                Columns =
                [
                    new("Model"), new("Image size", ClipReportFormat.Count), new("Embedding", ClipReportFormat.Count), new("Weights of the image tower", ClipReportFormat.Count),
                    new("GFLOPs of an image", ClipReportFormat.Number, 2), new("Hash"), new("Preprocessing"),
                ],
                Rows = [.. results.Models.Select(m => (IReadOnlyList<ClipReportCell>)
                    [m.Name, m.ImageSize, m.EmbeddingDimension, m.Parameters, m.MultiplyAdds / 1e9, m.Hash[..HashLength], m.Settings])],
            },
        };
        // Retrieval has six values of one measurement.
        var rows = results.Records.DistinctBy(r => r.Retrieval is null ? (object)r : (r.Model, r.Task)).Select(r => (IReadOnlyList<ClipReportCell>)
        [
            r.Task, r.Model, Name(r.Kind), r.Rows.Read, r.Rows.Used, r.Rows.Failed, r.Rows.Skipped, r.SetHash[..HashLength], r.Prompts,
            r.TemplatesHash?[..HashLength], r.NamesHash?[..HashLength], r.Features == ClipFeatures.Encoder ? "I_f" : "I_e", r.TrainingRows, r.L2Regularization,
            r.Seeds.Count == 0 ? null : string.Join(' ', r.Seeds), r.Seconds,
        ]).ToArray();
        if (rows.Length > 0)
        {
            blocks.Add(new ClipReportTable("methods", "How each value was measured. Images read are those used and those that could not be read; files skipped lie among them and are none by their names. I_e is the joint embedding, I_f the encoder's own features. Seconds are without what came from a cache.")
            {
                Columns = [new("Set"), new("Model"), new("Way"), new("Read", ClipReportFormat.Count), new("Used", ClipReportFormat.Count), new("Failed", ClipReportFormat.Count),
                    new("Files skipped", ClipReportFormat.Count), new("Hash of the set"), new("Prompts"), new("Hash of templates"), new("Hash of names"), new("Features"),
                    new("Rows to train", ClipReportFormat.Count), new("L2", ClipReportFormat.Text), new("Seeds"), new("Seconds", ClipReportFormat.Number)],
                Rows = rows,
            });
        }
        return new("How it was measured") { Blocks = blocks };
    }

    public static string Name(ClipEvaluationKind kind) => kind switch
    {
        ClipEvaluationKind.ZeroShot => "Zero-shot",
        ClipEvaluationKind.ZeroShotOtherPrompt => "Zero-shot, other prompts",
        ClipEvaluationKind.LinearProbe => "Linear probe",
        ClipEvaluationKind.FewShot => "Few-shot",
        _ => "Retrieval",
    };

    public static ClipReportColumn Percent(string name) => new(name, ClipReportFormat.Percent);

    public static ClipReportCell Cell(ClipEvaluationRecord? record) =>
        record is null ? default : record.Interval is { } interval ? ClipReportCell.Of(record.Value, interval) : record.Value;

    // Set by set, so that models stand side by side.
    private static IEnumerable<(string Model, string Task)> Pairs(ClipEvaluationResults results) => results.Records
        .Where(r => r.Kind != ClipEvaluationKind.Retrieval).Select(r => (r.Model, r.Task)).Distinct().GroupBy(p => p.Task).SelectMany(task => task);

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
