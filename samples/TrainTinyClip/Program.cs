// Trains a small CLIP from scratch, exports it and tells what it is worth.
//
//   dotnet run -c Release --project samples/TrainTinyClip                      about a minute: part of CIFAR-10, or drawn shapes where the sets are absent
//   dotnet run -c Release --project samples/TrainTinyClip -- --full            the model of samples/models: CIFAR-10 and Tiny ImageNet
//   dotnet run -c Release --project samples/TrainTinyClip -- --evaluate DIR    the figures of its model card
//
// --data DIR (../shared/data) holds cifar10.tar.gz and tiny-imagenet.tar.gz; --work DIR takes what is unpacked, checkpoints and the exported model. A run that
// was stopped goes on from its checkpoint when it is started again.

using System.Globalization;
using Microsoft.ML.Clip;
using TrainTinyClip;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var arguments = new Arguments(args);
string data = arguments.Text("data", Path.Combine("..", "shared", "data"));
string work = arguments.Text("work", Path.Combine(Path.GetTempPath(), "train-tiny-clip"));

if (arguments.Has("evaluate"))
{
    ModelCard.Print(arguments.Text("evaluate", ""), data, work);
}
else if (arguments.Has("full"))
{
    Training.Full(arguments, data, work);
}
else if (File.Exists(Path.Combine(data, "cifar10.tar.gz")))
{
    Training.Smoke(arguments, ImageFolders.OpenCifar10(data, work), [], work);
}
else
{
    Training.Smoke(arguments, RenderedShapes.Draw(work).All, [("pairs of colour and shape never trained", RenderedShapes.Draw(work).NeverTrained)], work);
}
