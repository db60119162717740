// Classifies photographs without training: embed them, compare them with prompts such as "a photo of a cat.", print the probabilities.
//
//   dotnet run --project samples/QuickStart                                   the photographs of samples/images with the default model
//   dotnet run --project samples/QuickStart -- --model DIR --images DIR --labels "cat,dog,bird"
//   dotnet run --project samples/QuickStart -- --model Xenova/clip-vit-base-patch32     a model by its id on Hugging Face's hub; it is downloaded once

using Microsoft.ML;
using Microsoft.ML.Clip;
using QuickStart;
using Samples;

var command = new CommandLine(args, """Usage: QuickStart [--model DIR-OR-HUB-ID] [--images DIR] [--labels "cat,dog,..."]""");
string modelName = command.Text("--model") ?? Repository.DefaultModel;
string[] images = ImageFiles.Below(command.Folder("--images") ?? Path.Combine(Repository.Root, "samples", "images"));
string[] labels = command.List("--labels") ??
    ["tabby cat", "dog", "koala", "red panda", "bison", "bird", "ship", "airplane", "truck", "school bus", "espresso", "teapot", "banana", "pizza"];

var ml = new MLContext(seed: 1);
using var clip = HubModel.IsId(modelName) ? HubModel.Load(modelName) : ClipModel.Load(command.Folder("--model") ?? modelName);
string shownName = command.Has("--model") ? modelName : Path.GetRelativePath(Repository.Root, modelName);
Console.WriteLine($"Model: {shownName} ({clip.ImageSize}x{clip.ImageSize} pixels -> {clip.EmbeddingDimension} values)");
if (!command.Has("--model"))
{
    Console.WriteLine("""
        It is small, 5 MB, and knows 210 names of animals and things, among them those on these photographs.
        It does not know people, rooms, streets and most of what is on photographs of your own, and guesses
        there: for those run samples/Everyday, or pass --model with a directory or a hub's id.
        """);
}

// An ordinary ML.NET pipeline: any loader, transform or trainer can stand before or after the CLIP steps.
var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
    .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels, templates: ClipPrompts.ImageNet7));

var photographs = ml.Data.LoadFromEnumerable(images.Select(path => new Photograph { Path = path }));
ITransformer model = pipeline.Fit(photographs);
var predictions = model.Transform(photographs);

ScoreTable.Print(ml.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false), labels);

// The saved pipeline carries the image encoder and one vector per label; another process needs no model directory to load it.
string file = Path.Combine(Path.GetTempPath(), "clip-quickstart.zip");
ml.Model.Save(model, photographs.Schema, file);
Console.WriteLine($"Saved the pipeline to {file} ({new FileInfo(file).Length / 1e6:F1} MB). Load it anywhere with mlContext.Model.Load.");

namespace QuickStart
{
    internal sealed class Photograph
    {
        public string Path { get; set; } = "";
    }

    internal sealed class Prediction
    {
        public string Path { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
