// A linear probe on images in folders: features of a frozen CLIP encoder, logistic regression, its regularisation found on validation rows.
//
//   dotnet run --project samples/LinearProbe                   CIFAR-10 where ../shared/data has it, else shapes drawn on the spot
//   dotnet run --project samples/LinearProbe -- FOLDER         one folder per class; --help tells the rest

using LinearProbe;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(Arguments.Usage);
    return 0;
}
var arguments = Arguments.Parse(args);
if (arguments is null)
{
    return 2;
}
string modelDirectory = arguments.Model ?? Repository.DefaultModel;

if (arguments.Folder is { } given && !Directory.Exists(given))
{
    Console.Error.WriteLine($"There is no folder '{given}'.");
    return 2;
}
if (!Directory.Exists(modelDirectory))
{
    Console.Error.WriteLine($"There is no model directory '{modelDirectory}'.");
    return 2;
}
var images = arguments.Folder is { } folder ? ImageFolders.Read(folder)
    : Repository.Shared("data/cifar10.tar.gz") is { } archive ? ImageFolders.Cifar10(archive)
    : ImageFolders.Read(Shapes.Draw());
if (images.Training.Length == 0)
{
    Console.Error.WriteLine($"There are no images in folders below '{images.Root}'. One folder per class is expected.");
    return 2;
}
int perClass = arguments.PerClass ?? (images.Name == "CIFAR-10" ? 200 : 0);

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
var embedding = ml.Transforms.ClipImageEmbedding("Features", "Path", clip,
    new() { Features = arguments.Features, Normalize = arguments.Features == ClipFeatures.JointEmbedding });
ITransformer embed = embedding.Fit(training);
var cache = new EmbeddingCache(ml, embed, modelDirectory, arguments.Features);
training = cache.Get(training);
test = cache.Get(test);

// Class names become keys, on the training rows' terms.
ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label", "Class",
    keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(training);
(training, test) = (keys.Transform(training), keys.Transform(test));

// The sweep: no L2Regularization, so the trainer looks for it.
var trainer = ml.MulticlassClassification.Trainers.ClipLinearProbe(options: new()
{
    Sweep = arguments.FullSweep ? ClipLinearProbeSweep.Full : ClipLinearProbeSweep.Search,
    Progress = new TrialPrinter(),
});
Console.WriteLine();
Console.WriteLine("L2Regularization  validation accuracy  validation loss  iterations  seconds");
var probe = trainer.Fit(training);
Console.WriteLine($"Best: L2Regularization = {trainer.Report!.L2Regularization:G4}, scikit-learn's C = {1 / trainer.Report.L2Regularization:G4}");
if (arguments.Export is not null)
{
    FeatureExport.Write(arguments.Export, training, test, trainer.Report.L2Regularization);
}

// ML.NET counts among the first k only where there are that many classes.
int classes = (int)((KeyDataViewType)training.Schema["Label"].Type).Count;
var metrics = ml.MulticlassClassification.Evaluate(probe.Transform(test), topKPredictionCount: Math.Min(5, classes));
MetricsTable.Print(metrics);

// The saved pipeline goes from a path to a class name.
var names = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(probe.Transform(test));
var pipeline = new TransformerChain<ITransformer>(embed, probe, names);
ml.Model.Save(pipeline, ml.Data.LoadFromEnumerable(images.Training).Schema, arguments.Output);
Console.WriteLine($"Saved the pipeline to {arguments.Output} ({new FileInfo(arguments.Output).Length / 1e6:F1} MB).");

// One prediction, as another program would make it: from the zip alone.
var other = new MLContext();
var loaded = other.Model.Load(arguments.Output, out _);
using var engine = other.Model.CreatePredictionEngine<Photograph, Prediction>(loaded);
var photograph = (images.Test ?? images.Training)[^1];
var prediction = engine.Predict(photograph);
Console.WriteLine($"{Path.GetRelativePath(images.Root, photograph.Path)} is a {photograph.Class}; the saved pipeline says {prediction.PredictedLabel} ({prediction.Score.Max():P1}).");
return 0;
