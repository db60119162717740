// Trains a small CLIP from scratch, exports it and tells what it is worth.
//
//   dotnet run -c Release --project samples/TrainTinyClip                      about a minute: part of CIFAR-10, or drawn shapes where the sets are absent
//   dotnet run -c Release --project samples/TrainTinyClip -- --full            the model of samples/models: CIFAR-10 and Tiny ImageNet
//   dotnet run -c Release --project samples/TrainTinyClip -- --evaluate DIR    the figures of its model card
//
// A run that was stopped goes on from its checkpoint when it is started again. On several processes, with Open MPI or MPICH installed:
//
//   dotnet build -c Release samples/TrainTinyClip
//   mpirun -n 4 dotnet samples/TrainTinyClip/bin/Release/net10.0/TrainTinyClip.dll

using System.Globalization;
using Microsoft.ML.Clip;
using Samples;
using TrainTinyClip;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var command = new CommandLine(args, """
    Usage: TrainTinyClip [--full] [--evaluate DIR] [--data DIR] [--work DIR] [--export DIR]
        [--train-per-class N] [--test-per-class N] [--steps N] [--batch N] [--threads N]
        [--rate X] [--decay X] [--average X] [--crop X] [--shift X] [--float32] [--checkpoint FILE]
        [--teacher] [--trust X] [--trust-cifar X] [--kind X] [--teacher-regularization X]

    --data      holds cifar10.tar.gz and tiny-imagenet.tar.gz. Default: ../shared/data beside the repository.
    --work      takes what is unpacked, checkpoints and the exported model, unless --export names another place for that.
    --teacher   has ResNet-18, of a NuGet package, tell how much of each class an image shows: see Teacher.cs and Lessons.cs.
    The others  change the recipe: see Training.cs.
    """);
string data = command.Text("--data") ?? Repository.Shared("data") ?? "";
string work = command.Text("--work") ?? Path.Combine(Path.GetTempPath(), "train-tiny-clip");

if (command.Folder("--evaluate") is { } model)
{
    ModelCard.Print(model, data, work);
    return;
}

// Where mpirun has started us, we are one of several ranks; of them the first prints and writes.
using var ranks = MpiCollective.IsLaunched ? MpiCollective.Open() : null;
var training = new Training(command, ranks);
if (command.Has("--full"))
{
    var (cifar, tiny) = training.FirstAlone(_ => (ImageFolders.OpenCifar10(data, work), ImageFolders.OpenTinyImageNet(data, work)));
    training.Full(cifar, tiny, work);
}
else if (File.Exists(Path.Combine(data, "cifar10.tar.gz")))
{
    training.Smoke(training.FirstAlone(_ => ImageFolders.OpenCifar10(data, work)), [], work);
}
else
{
    var (shapes, neverTrained) = training.FirstAlone(isFirst => DrawnShapes.Draw(work, isFirst));
    training.Smoke(shapes, [("pairs of colour and shape never trained", neverTrained)], work);
}
