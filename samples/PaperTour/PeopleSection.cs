using System.Globalization;
using Microsoft.ML.Clip;

namespace PaperTour;

/// <summary>
/// A model beside people on the same images: the four columns of the paper's table 2, what is hard for both, how far they agree, and what a few examples
/// help. On Geirhos's drawings, whose people have answered one by one.
/// </summary>
internal sealed class PeopleSection(ClipModel model, string modelName, ClipEmbeddingCache cache)
{
    private const int Draws = 5;

    /// <param name="name">What the images are called: "edges", "silhouettes".</param>
    /// <param name="folder">The experiment: <c>stimuli/NAME/CLASS/*.png</c> and <c>raw-data/*/*.csv</c>.</param>
    public ClipReportSection Of(string name, string folder)
    {
        var answers = ClipHumanAnswers.FromGeirhos(Path.Combine(folder, "raw-data"));
        string stimuli = Directory.GetDirectories(Path.Combine(folder, "stimuli")).Single();
        var set = ClipDataSet.FromFolders(stimuli);
        if (!set.ClassNames.SequenceEqual(answers.ClassNames))
        {
            throw new InvalidDataException($"The drawings in '{stimuli}' are of {string.Join(", ", set.ClassNames)}; people answered {string.Join(", ", answers.ClassNames)}.");
        }
        ClipEmbeddedSet joint = ClipEmbeddedSet.Of(model, set, ClipFeatures.JointEmbedding, cache),
            encoded = ClipEmbeddedSet.Of(model, set, ClipFeatures.Encoder, cache);
        var names = set.ClassNames.Select(n => (IReadOnlyList<string>)[n]).ToArray();
        // Images that could be read and that people have answered.
        var failed = joint.Failed.Select(f => f.Name).ToHashSet();
        string?[] found = [.. set.Read().Where(r => !failed.Contains(r.Name)).Select(r => Answered(answers.People, Path.GetFileName(r.Path!)))];
        int[] rows = [.. Enumerable.Range(0, found.Length).Where(i => found[i] is not null)];
        if (rows.Length == 0)
        {
            throw new InvalidDataException($"People's images in '{folder}' have the names {answers.People[0].Image} ..., and none of the drawings in '{stimuli}' has one of them.");
        }
        string left = rows.Length == found.Length + failed.Count ? ""
            : $" Left out: {failed.Count} drawings that cannot be read, {found.Length - rows.Length} without an answer.";
        (joint, encoded) = (joint.TakeRows(rows), encoded.TakeRows(rows));
        string[] images = [.. found.OfType<string>()];
        var zeroShot = joint.Predict(ClipEmbeddedSet.CreateClassifier(model, names, ["a drawing of a {}.", "a sketch of a {}.", "a photo of a {}."]), keepScores: true);
        var ofModel = ClipModelAnswers.Of(modelName, images, [.. zeroShot.Labels], zeroShot.Scores.Span);
        ClipHumanAnswer[] all = [.. answers.People, .. answers.Models, .. ofModel];
        string[] models = [.. all.Select(a => a.Observer).Distinct().Except(answers.People.Select(a => a.Observer))];
        var difficulty = ClipDifficulty.Of(answers.People, [.. zeroShot.Labels], [.. zeroShot.LabelScores]);
        var agreement = ClipAgreementTable.Of(all, models);
        string key = name == "edges" ? "people" : $"people-{name}";
        return new(name == "edges" ? "People" : $"People: {name}")
        {
            Blocks =
            [
                new ClipReportParagraph($"{answers.People.Select(a => a.Observer).Distinct().Count()} people and {models.Length} models on {images.Length} drawings of {names.Length} classes (Geirhos et al. 2019; nobody saw examples). The columns are those of the paper's table 2, as shares of answers: of all, no answer being wrong; of the answers given; and of the most frequent answer to each image, images with a tie left out.{left}"),
                new ClipReportNote("People had 300 ms of each drawing and chose among 16 classes. tiny-clip has never been trained on a drawing, or on most of these names."),
                Columns(key, answers, ofModel, models),
                new ClipReportPlot($"{key}-difficulty", ClipPlots.Lines("", new("") { Scale = ClipPlotScale.Names,
                    Names = [.. difficulty.Classes.Select(c => set.ClassNames[c.Label])] },
                    ClipPlotAxis.Percent("Right, %") with { Minimum = 0, Maximum = 1 },
                    [
                        new("people", [.. difficulty.Classes.Select((c, i) => Point(i, c.HumanAccuracy))]),
                        new(modelName + ", zero-shot", [.. difficulty.Classes.Select((c, i) => Point(i, zeroShot.Result.Classes[c.Label].Recall ?? 0))]),
                        new(modelName + ", probability of the right class", [.. difficulty.Classes.Select((c, i) => Point(i, c.Confidence))]) { IsMuted = true },
                    ]),
                    Invariant($"Classes from the hardest for the model to the easiest (figure 16 of the paper). Rank correlation of its confidence with people's accuracy: {difficulty.RankCorrelation:F2}.")),
                new ClipReportTable($"{key}-agreement", "How far they agree: the same answer, Cohen's kappa of answers, and error consistency, the kappa of being right (Geirhos et al. 2020). Means over pairs.")
                {
                    Columns = [new("Pairs"), new("n", ClipReportFormat.Count), new("Same answer", ClipReportFormat.Percent), new("Kappa", ClipReportFormat.Number, 2),
                        new("Error consistency", ClipReportFormat.Number, 2)],
                    Rows = [Row("among people", agreement.AmongPeople), .. models.Select(m => Row($"people and {m}", agreement.WithModel(m)))],
                },
                .. Shots(key, joint, encoded, answers),
            ],
        };
    }

    // People's images have the file's name, behind a number or before a condition.
    private static string? Answered(IReadOnlyList<ClipHumanAnswer> people, string file) => people.Select(a => a.Image).FirstOrDefault(i => i == file
        || i.EndsWith("_" + file, StringComparison.Ordinal) || i.StartsWith(file + " (", StringComparison.Ordinal));

    private static ClipReportTable Columns(string key, ClipHumanAnswers answers, IReadOnlyList<ClipHumanAnswer> ofModel, string[] models)
    {
        var rows = new List<IReadOnlyList<ClipReportCell>> { Row("people", ClipHumanResult.Of(answers.People)) };
        foreach (string name in models)
        {
            rows.Add(Row(name, ClipHumanResult.Of(answers.Models.Concat(ofModel).Where(a => a.Observer == name))));
        }
        return new(key, "Zero-shot: people and models, percent.")
        {
            Columns =
            [
                new("Who"), new("Accuracy", ClipReportFormat.Percent), new("Mean per class", ClipReportFormat.Percent), new("of the guesses", ClipReportFormat.Percent),
                new("Majority vote", ClipReportFormat.Percent), new("of images", ClipReportFormat.Count), new("Majority of guesses", ClipReportFormat.Percent), new("of images", ClipReportFormat.Count),
            ],
            Rows = rows,
        };

        static IReadOnlyList<ClipReportCell> Row(string who, ClipHumanResult r) =>
            [who, r.OfAll.Accuracy, r.OfAll.MeanPerClass, r.OfGuesses.Accuracy, r.Majority.Accuracy, r.Majority.Images, r.MajorityOfGuesses.Accuracy,
                r.MajorityOfGuesses.Images];
    }

    // One and two examples of each class are drawn, and all are measured on the images that are in no draw of theirs.
    private IEnumerable<ClipReportBlock> Shots(string key, ClipEmbeddedSet joint, ClipEmbeddedSet encoded, ClipHumanAnswers answers)
    {
        const int Most = 2;
        double[,] probes = new double[Draws, Most + 1];
        double[,] both = new double[Draws, Most + 1];
        double[] alone = new double[Draws];
        for (int seed = 0; seed < Draws; seed++)
        {
            int[][] drawn = Draw(encoded, Most, seed);
            int[] held = [.. Enumerable.Range(0, encoded.Count).Except(drawn[^1])];
            var test = encoded.TakeRows(held);
            var withoutExamples = joint.TakeRows(held).Predict(Classifier(joint.ClassNames), keepScores: true);
            alone[seed] = withoutExamples.Result.MeanPerClass;
            for (int shots = 1; shots <= Most; shots++)
            {
                var probe = ClipSetProbe.Train(encoded.TakeRows(drawn[shots - 1]), options: new() { Seed = seed }).Predict(test, keepScores: true);
                probes[seed, shots] = probe.Result.MeanPerClass;
                both[seed, shots] = ClipSetPredictions.Combine(withoutExamples, probe).Result.MeanPerClass;
            }
        }
        double none = alone.Average(), chance = 1.0 / joint.ClassNames.Count;
        double people = ClipHumanResult.Of(answers.People).OfAll.MeanPerClass;
        ClipShotGain[] gains =
        [
            ClipShotGain.Of("probe", [new(0, chance), .. Scores(probes)]),
            ClipShotGain.Of("zero-shot and probe together", [new(0, none), .. Scores(both)]),
            ClipShotGain.Of("people on Pets, in the paper", [new(0, 0.537), new(1, 0.757), new(2, 0.757)]),
        ];
        yield return new ClipReportPlot($"{key}-shots", ClipPlots.Lines("", new("Examples of each class") { Scale = ClipPlotScale.Shots },
            ClipPlotAxis.Percent("Mean per class, %") with { Minimum = 0, Maximum = 1 },
            [
                .. gains.Select((g, i) => new ClipPlotLine(g.Name, [.. g.Scores.Select(s => new ClipPlotPoint(s.Shots, s.Score))]) { IsMuted = i == 2 }),
                new("people on these drawings", [new(0, people)]),
            ]),
            "What one example helps, and a second. People gain at once and then nothing; a probe forgets what zero-shot knows, and the two together need not.");
        yield return new ClipReportTable($"{key}-shots", Invariant($"The same in numbers, means of {Draws} draws. The paper asks for a method that joins prior knowledge and few examples as people do; the product of both probabilities is the plainest."))
        {
            Columns = [new("Who"), new("None", ClipReportFormat.Percent), new("One", ClipReportFormat.Percent), new("Two", ClipReportFormat.Percent),
                new("First example", ClipReportFormat.Percent), new("Second", ClipReportFormat.Percent)],
            Rows = [.. gains.Select(g => (IReadOnlyList<ClipReportCell>)[g.Name, g.Scores[0].Score, g.Scores[1].Score, g.Scores[2].Score, g.Gain(0, 1),
                g.Gain(1, 2)])],
        };

        static IEnumerable<ClipShotScore> Scores(double[,] values) =>
            Enumerable.Range(1, Most).Select(shots => new ClipShotScore(shots, Enumerable.Range(0, Draws).Average(seed => values[seed, shots])));
    }

    private ClipZeroShotClassifier Classifier(IReadOnlyList<string> names) =>
        ClipEmbeddedSet.CreateClassifier(model, [.. names.Select(n => (IReadOnlyList<string>)[n])],
        ["a drawing of a {}.", "a sketch of a {}.", "a photo of a {}."]);

    private static int[][] Draw(ClipEmbeddedSet set, int most, int seed)
    {
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, set.Count)];
        random.Shuffle(order);
        return [.. Enumerable.Range(1, most).Select(shots => order.GroupBy(row => set.Labels[row]).SelectMany(rows => rows.Take(shots)).Order().ToArray())];
    }

    private static IReadOnlyList<ClipReportCell> Row(string name, ClipAgreementMean mean) =>
        [name, mean.Pairs, Known(mean.SameAnswer), Known(mean.Kappa), Known(mean.ErrorConsistency)];

    // Of somebody who is always right there is no kappa, and of two who saw other images nothing.
    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static ClipPlotPoint Point(int place, double value) => new(place, value);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
