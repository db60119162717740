// A linear probe on images in folders: features of a frozen CLIP encoder, logistic regression, its regularisation found on validation rows.
//
//   dotnet run --project samples/LinearProbe                   CIFAR-10 where ../shared/data has it, else shapes drawn on the spot
//   dotnet run --project samples/LinearProbe -- FOLDER         one folder per class; --help tells the rest

using LinearProbe;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;
using Samples;

var command = new CommandLine(args, """
    Usage: LinearProbe [FOLDER] [--model DIR] [--features encoder|joint] [--per-class N] [--full-sweep] [--export STEM] [--output FILE.zip]

    FOLDER       images in one folder per class, or such folders below FOLDER/train and FOLDER/test. Without it: CIFAR-10 where
                 ../shared/data/cifar10.tar.gz lies beside the repository, else a small set of shapes that is drawn on the spot.
    --features   encoder (the default): the encoder's own features, I_f, which the CLIP paper probes;
                 joint: the embedding that is compared with texts, I_e, for a probe beside a zero-shot classifier or a search index.
    --per-class  at most N training images of each class (and N / 5 test images); 0 for all. Default: 200 on CIFAR-10, else all.
    --full-sweep tries all 96 strengths of the regularisation instead of searching.
    --export     also writes the features for other programs: STEM.X.bin, STEM.y.bin, STEM.Xval.bin, STEM.yval.bin, STEM.json.
    """, words: 1);
string modelDirectory = command.Folder("--model") ?? Repository.DefaultModel;
var features = command.Choice("--features", "encoder", "joint") == "joint" ? ClipFeatures.JointEmbedding : ClipFeatures.Encoder;
string zip = command.Text("--output") ?? Path.Combine(Path.GetTempPath(), "clip-linear-probe.zip");
var images = command.Word is { } folder ? ImageFolders.Read(folder)
    : Repository.Shared("data/cifar10.tar.gz") is { } archive ? ImageFolders.Cifar10(archive)
    : ImageFolders.Shapes();
int perClass = command.Count("--per-class") ?? (images.Name == "CIFAR-10" ? 200 : 0);

var ml = new MLContext(seed: 1);
using var clip = ClipModel.Load(modelDirectory);
Console.WriteLine($"Model: {modelDirectory}");

// Which images. A folder without a test set of its own gives up a fifth of its images.
IDataView training = ml.Data.LoadFromEnumerable(images.Training), test;
if (images.Test is { } own)
{
    test = ml.Data.LoadFromEnumerable(own);
}
else
{
    var split = ml.Data.TrainTestSplit(training, testFraction: 0.2);
    (training, test) = (split.TrainSet, split.TestSet);
}
if (perClass > 0)
{
    training = ml.Data.TakePerClass(training, perClass, "Class");
    test = ml.Data.TakePerClass(test, Math.Max(1, perClass / 5), "Class");
}

// Features, computed once and kept on disk.
// A file that cannot be read gives a row of NaN: one bad photograph is no reason to stop.
var options = new ClipImageEmbeddingOptions { Features = features, Normalize = features == ClipFeatures.JointEmbedding };
ITransformer embedAll = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, options with { OnInvalidImage = ClipOnInvalidImage.Missing }).Fit(training);
var cache = new EmbeddingCache(ml, embedAll, modelDirectory, features);
training = ReadableRows.Of(ml, cache.Get(training), "training");
test = ReadableRows.Of(ml, cache.Get(test), "testing");

// Class names become keys, on the training rows' terms.
ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label", "Class",
    keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(training);
(training, test) = (keys.Transform(training), keys.Transform(test));

// The sweep: no L2Regularization, so the trainer looks for it.
var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new()
{
    Sweep = command.Has("--full-sweep") ? ClipLinearProbeSweep.Full : ClipLinearProbeSweep.Search,
    Progress = new TrialPrinter(),
});
Console.WriteLine();
Console.WriteLine("L2Regularization  validation accuracy  validation loss  iterations  seconds");
var probe = trainer.Fit(training);
Console.WriteLine($"Best: L2Regularization = {trainer.Report!.L2Regularization:G4}, scikit-learn's C = {1 / trainer.Report.L2Regularization:G4}");
if (command.Text("--export") is { } stem)
{
    FeatureExport.Write(stem, training, test, trainer.Report.L2Regularization);
}

// ML.NET counts among the first k only where there are that many classes.
int classes = (int)((KeyDataViewType)training.Schema["Label"].Type).Count;
var metrics = ml.MulticlassClassification.Evaluate(probe.Transform(test), topKPredictionCount: Math.Min(5, classes));
MetricsTable.Print(metrics);

// The saved pipeline goes from a path to a class name, and says so where a file cannot be read.
ITransformer embed = ml.Transforms.ClipImageEmbedding("Features", "Path", clip, options).Fit(training);
var names = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(probe.Transform(test));
var pipeline = new TransformerChain<ITransformer>(embed, probe, names);
ml.Model.Save(pipeline, ml.Data.LoadFromEnumerable(images.Training).Schema, zip);
Console.WriteLine($"Saved the pipeline to {zip} ({new FileInfo(zip).Length / 1e6:F1} MB).");

// One prediction, as another program would make it: from the zip alone.
var other = new MLContext();
var loaded = other.Model.Load(zip, out _);
using var engine = other.Model.CreatePredictionEngine<Photograph, Prediction>(loaded);
var photograph = ml.Data.CreateEnumerable<Photograph>(test, reuseRowObject: false).Last();
var prediction = engine.Predict(photograph);
Console.WriteLine($"{Printed.OneLine(Path.GetRelativePath(images.Root, photograph.Path))} is a {photograph.Class}; the saved pipeline says {prediction.PredictedLabel} ({prediction.Score.Max():P1}).");
