// Makes the "everyday" model: a CLIP of two encoders that NuGet packages bring, of which only the head, what joins them, is trained and kept.
//
//   dotnet run -c Release --project samples/TrainLockedClip                  trains it and writes samples/models/everyday/head.safetensors
//   dotnet run -c Release --project samples/TrainLockedClip -- --evaluate    the figures of its card; with --int8 and --int8-texts in 8 bits
//   dotnet run -c Release --project samples/TrainLockedClip -- --speed       how fast it is and how large
//
// The encoders' features are kept in the work folder: a run that was stopped goes on, and another recipe takes a minute.

using System.Globalization;
using Microsoft.ML.Clip;
using Samples;
using TrainLockedClip;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var command = new CommandLine(args, """
    Usage: TrainLockedClip [--evaluate] [--speed] [--expected] [--int8] [--int8-texts] [--head FILE] [--data DIR]
        [--photographs DIR] [--wordnet DIR] [--work DIR] [--tiny-per-class N] [--cifar-per-class N] [--views LIST] [--test-per-class N]
        [--look LIST] [--words LIST] [--sharpness X] [--image-regularization X] [--text-regularization X] [--photograph X]
        [--image-hidden-units N] [--image-whitening X] [--embedding-dimension N] [--cifar X]
        [--synonym X] [--kind X] [--kind-decay X] [--gloss X] [--words-without-images N] [--no-names-of-left-out] [--no-equal-texts] [--fold N]

    --head            the head that is written, or evaluated. Default: samples/models/everyday/head.safetensors.
    --data            holds cifar10.tar.gz, tiny-imagenet.tar.gz, imagenet-samples and eval. Default: ../shared/data beside the repository.
    --photographs     photographs of ImageNet, named by their class's number, as github.com/EliSchwartz/imagenet-sample-images has them.
                      Default: those of --data, which are fewer and make a worse model.
    --wordnet         holds data.noun of WordNet 3.0. Default: /usr/share/wordnet, where Debian's wordnet-base puts it.
    --work            takes what is unpacked, and the features.
    --test-per-class  so many images of each class of Tiny ImageNet's validation, and twenty times as many of CIFAR-10's test. Default: all.
    --expected        writes what the model gives into its folder, for eng/everyday/node.mjs.
    --look            photographs to look at, and --words to compare them with.
    --fold            leaves out other classes while it tells what the recipe is worth, 0 to 6.
    The others        change the recipe: see Recipe.cs. --image-whitening and --embedding-dimension 0 leave that out.
    """);
string data = command.Folder("--data") ?? Repository.Shared("data") ?? "";
string work = command.Text("--work") ?? Path.Combine(Path.GetTempPath(), "train-locked-clip");
string head = command.Text("--head") ?? EverydayModel.HeadPath;
var wordNet = WordNet.Open(command.Folder("--wordnet") ?? WordNet.DefaultFolder);
var sets = new ImageSets(data, command.Folder("--photographs") ?? Path.Combine(data, "imagenet-samples"), work);
using var encoders = new Encoders(work);

if (command.Has("--expected"))
{
    Console.WriteLine(Expected.Write(EverydayModel.Open(Console.Error.WriteLine, work, head)));
    return;
}
if (command.Has("--evaluate") || command.Has("--speed") || command.Has("--look"))
{
    var evaluation = new Evaluation(sets, wordNet, encoders, head, work);
    if (command.Has("--evaluate"))
    {
        evaluation.Accuracy(command.Has("--int8"), command.Has("--int8-texts"), command.Count("--test-per-class") ?? int.MaxValue);
    }
    if (command.List("--look") is { } look)
    {
        evaluation.Photographs(look, command.List("--words") ?? ["cat", "dog", "coffee", "espresso", "person", "astronaut", "rocket", "airplane", "car", "bird"]);
    }
    if (command.Has("--speed"))
    {
        evaluation.Speed();
    }
    return;
}

var recipe = new Recipe();
recipe = recipe with
{
    Synonym = Number("--synonym", recipe.Synonym),
    Kind = Number("--kind", recipe.Kind),
    KindDecay = Number("--kind-decay", recipe.KindDecay),
    Gloss = Number("--gloss", recipe.Gloss),
    Photograph = Number("--photograph", recipe.Photograph),
    Cifar = Number("--cifar", recipe.Cifar),
    WordsWithoutImages = command.Count("--words-without-images") ?? recipe.WordsWithoutImages,
    NamesOfLeftOut = !command.Has("--no-names-of-left-out"),
    Fold = Math.Min(command.Count("--fold") ?? recipe.Fold, Split.Folds - 1),
    Options = recipe.Options with
    {
        Sharpness = Number("--sharpness", recipe.Options.Sharpness),
        ImageRegularization = Number("--image-regularization", recipe.Options.ImageRegularization),
        TextRegularization = Number("--text-regularization", recipe.Options.TextRegularization),
        ImageHiddenUnits = command.Count("--image-hidden-units") ?? recipe.Options.ImageHiddenUnits,
        ImageWhitening = command.Number("--image-whitening") is { } whitening ? whitening == 0 ? null : (float)whitening : recipe.Options.ImageWhitening,
        EmbeddingDimension = command.Count("--embedding-dimension") is { } dimension ? dimension == 0 ? null : dimension : recipe.Options.EmbeddingDimension,
        EqualTexts = recipe.Options.EqualTexts && !command.Has("--no-equal-texts"),
    },
};
var images = sets.Training(command.Count("--tiny-per-class") ?? Recipe.TinyPerClass, command.Count("--cifar-per-class") ?? Recipe.CifarPerClass,
    command.List("--views") ?? Recipe.Views);
var learned = Training.Run(sets, images, wordNet, encoders, recipe);
Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(head))!);
learned.Save(head, ClipLockedStorage.Int8);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{head}: {new FileInfo(head).Length / 1e6:f2} MB"));

float Number(string option, float otherwise) => (float)(command.Number(option) ?? otherwise);
