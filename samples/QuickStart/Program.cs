// Classifies photographs without training: embed them, compare them with prompts such as "a photo of a cat.", print the probabilities.
//
//   dotnet run --project samples/QuickStart                                   the photographs of samples/images with the default model
//   dotnet run --project samples/QuickStart -- --model DIR --images DIR --labels "cat,dog,bird"

using Microsoft.ML;
using Microsoft.ML.Clip;
using QuickStart;

var arguments = Arguments.Parse(args);
if (arguments is null)
{
    return 2;
}

var ml = new MLContext(seed: 1);
using var clip = ClipModel.Load(arguments.ModelDirectory);
Console.WriteLine($"Model: {arguments.ModelDirectory} ({clip.ImageSize}x{clip.ImageSize} pixels -> {clip.EmbeddingDimension} values)");
if (arguments.Remark is not null)
{
    Console.WriteLine(arguments.Remark);
}

// An ordinary ML.NET pipeline: any loader, transform or trainer can stand before or after the CLIP steps.
var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
    .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, arguments.Labels, templates: ClipPrompts.ImageNet7));

var photographs = ml.Data.LoadFromEnumerable(arguments.Images.Select(path => new Photograph { Path = path }));
ITransformer model = pipeline.Fit(photographs);
var predictions = model.Transform(photographs);

ScoreTable.Print(ml.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false), arguments.Labels);

// The saved pipeline carries the image encoder and one vector per label; another process needs no model directory to load it.
string file = Path.Combine(Path.GetTempPath(), "clip-quickstart.zip");
ml.Model.Save(model, photographs.Schema, file);
Console.WriteLine($"Saved the pipeline to {file} ({new FileInfo(file).Length / 1e6:F1} MB). Load it anywhere with mlContext.Model.Load.");
return 0;

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
