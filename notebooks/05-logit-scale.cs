// 5. What the logit scale does: not what a model says, but how sure it says it is.
//
//   dotnet run notebooks/05-logit-scale.cs                 writes artifacts/notebooks/05-logit-scale/report.html
//
// Cosines of a photograph with sentences lie close together. Before the softmax they are multiplied by the logit scale, exp(t), which is learned with the model
// and goes up to 100. Measured on CIFAR-10 where ../shared/data is beside the clone, elsewhere on parts of the six photographs.
#:project ../src/Microsoft.ML.Clip.Evaluation
#:package Microsoft.ML.OnnxRuntime
#:package SkiaSharp
#:property PublishAot=false

using Microsoft.ML.Clip;
using Notebooks;
using Samples;

using var clip = ClipModel.Load(Repository.DefaultModel);
float own = clip.LogitScale;
float[] scales = [1, 3, 10, own, 50, 100];

// ## One photograph
string cat = Pictures.Six.Single(p => p.Label == "tabby cat").Path;
var words = ClipZeroShotClassifier.Create(clip, ["tabby cat", "espresso", "teapot", "dog", "koala"], ["a photo of a {}."]);
float[] embedding = clip.EncodeImages([ClipImageSource.FromFile(cat)])[0];
var shares = scales.Select(s => At(words, s).Classify(embedding)).ToArray();
Console.WriteLine($"cat.png, {string.Join(", ", words.Labels)}:");
foreach (var (scale, prediction) in scales.Zip(shares))
{
    Console.WriteLine($"  times {scale,5:F1}: {string.Join("  ", prediction.Scores.Select(s => $"{s,6:P1}"))}");
}
Notebook.Expect(shares.Select(s => s.Label).Distinct().Count() == 1, "the same word at every scale");

// ## Many images
// The order never changes, so neither does the accuracy; what changes is how the scores fit how often they are right.
var set = ClipEmbeddedSet.Of(clip, Pictures.Labelled("test", 100));
var classifier = ClipZeroShotClassifier.Create(clip, set.ClassNames, ["a photo of a {}."]);
// The scale under which what is right gets the most probability: fitted on images whose class is known.
float fitted = ClipLockedTrainer.FitLogitScale(Rows(set.Embeddings), Rows(classifier.ClassWeights), set.Labels);
float[] measured = [.. scales.Append(fitted).Distinct().Order()];
var runs = measured.Select(s => (Scale: s, Predictions: set.Predict(At(classifier, s))))
    .Select(r => (r.Scale, r.Predictions.Result, Loss: Loss(r.Predictions))).ToArray();
Console.WriteLine($"\n{set.Count} images of {set.Name}; the model's own scale is {own:F1}, fitted to these {fitted:F1}:");
foreach (var run in runs)
{
    Console.WriteLine($"  times {run.Scale,5:F1}: {run.Result.Accuracy:P1} right, calibration error {run.Result.CalibrationError:P1}, loss {run.Loss:F3}");
}
Notebook.Expect(runs.Select(r => r.Result.Hits).Distinct().Count() == 1, "the same accuracy at every scale");
Notebook.Expect(runs.MinBy(r => r.Loss).Scale == fitted, "the least loss at the fitted scale");

// ## The page
Notebook.Write(new ClipReport("What the logit scale does")
{
    Sections =
    [
        new("One photograph")
        {
            Blocks =
            [
                new ClipReportTable("photograph", "The photograph")
                {
                    Columns = [new("Photograph"), new("Word"), new("Cosine", ClipReportFormat.Number, 3)],
                    Rows = [.. words.Labels.Select((label, i) => (IReadOnlyList<ClipReportCell>)
                        [i == 0 ? ClipReportCell.Thumbnail(cat) : "", label, shares[0].Cosines[i]])],
                },
                new ClipReportPlot("shares", ClipPlots.HeatMap("", [.. scales.Select(s => $"times {s:F1}")], words.Labels,
                    [.. shares.Select(p => p.Scores.Select(s => (double?)s).ToArray())],
                    new() { IsPercent = true, Decimals = 1, RowTitle = "logit scale", ColumnTitle = "word" }),
                    $"Its scores in percent. The cosines are the same in every row; the model's own scale is {own:F1}."),
            ],
        },
        new("Many images")
        {
            Blocks =
            [
                new ClipReportParagraph($"{set.Count} images of {set.Name}, {runs[0].Result.Accuracy:P1} of them right at every scale: a scale does not change the order. It changes what a score of 90% is worth."),
                new ClipReportTable("scales", "By scale")
                {
                    Columns = [new("Logit scale", ClipReportFormat.Number, 1), new(""), new("Right", ClipReportFormat.Percent),
                        new("Calibration error", ClipReportFormat.Percent), new("Loss", ClipReportFormat.Number, 3)],
                    Rows = [.. runs.Select(r => (IReadOnlyList<ClipReportCell>)
                        [r.Scale, Whose(r.Scale), r.Result.Accuracy, r.Result.CalibrationError, r.Loss])],
                },
                new ClipReportPlot("loss", ClipPlots.Lines("", new("Logit scale") { Scale = ClipPlotScale.Logarithmic }, new("Negative log-likelihood"),
                    [new("loss", [.. runs.Select(r => new ClipPlotPoint(r.Scale, r.Loss))])]), "How surprised the scores are by the truth. The least is at the fitted scale."),
                .. runs.Where(r => r.Scale == 3 || r.Scale == fitted || r.Scale == 100).Select(r => new ClipReportPlot($"reliability {r.Scale:F1}",
                    ClipPlots.Reliability($"Times {r.Scale:F1}", r.Result.Calibration),
                    r.Scale == fitted ? "Fitted: scores are close to how often they are right." : r.Scale < fitted ? "Too small: the model is right more often than it says." : "Too large: it is less often right than it says.")),
                new ClipReportNote("A scale fitted on some images holds for images and words like them. The calibration is measured here on the images it was fitted on; hold some back to be sure (ClipLockedTrainer does)."),
            ],
        },
    ],
}, args);

static ClipZeroShotClassifier At(ClipZeroShotClassifier classifier, float scale) => new(classifier.Labels, classifier.ClassWeights.Span, scale);

string Whose(float scale) => scale == own ? "the model's own" : scale == fitted ? "fitted" : "";

float[][] Rows(ReadOnlyMemory<float> all) => [.. all.ToArray().Chunk(clip.EmbeddingDimension)];

static double Loss(ClipSetPredictions predictions) => predictions.LabelScores.Average(s => -Math.Log(Math.Max(s, 1e-30)));
