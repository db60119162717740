using Samples;

namespace TrainTinyClip;

/// <summary>The labelled sets: one folder of images for each class.</summary>
internal static class ImageFolders
{
    private static readonly IReadOnlyList<ImageClass> Cifar =
    [
        new("airplane", ["airplane", "plane", "jet", "aircraft"]),
        new("automobile", ["automobile", "car"]),
        new("bird", ["bird"]),
        new("cat", ["cat", "kitten"]),
        new("deer", ["deer", "stag"]),
        new("dog", ["dog", "puppy"]),
        new("frog", ["frog", "toad"]),
        new("horse", ["horse", "pony"]),
        new("ship", ["ship", "boat", "vessel"]),
        new("truck", ["truck", "lorry"]),
    ];

    /// <summary>CIFAR-10, unpacked if need be: 10 classes, 32 pixels.</summary>
    public static ImageFolder OpenCifar10(string data, string work) =>
        new(Archives.Unpack(Path.Combine(data, "cifar10.tar.gz"), Path.Combine(work, "cifar10")), "train", "test", Cifar);

    /// <summary>Tiny ImageNet, unpacked if need be: 200 classes, 64 pixels; their names are WordNet's.</summary>
    public static ImageFolder OpenTinyImageNet(string data, string work)
    {
        string root = Archives.Unpack(Path.Combine(data, "tiny-imagenet.tar.gz"), Path.Combine(work, "tiny-imagenet"));
        return new ImageFolder(root, "train", "val", [.. File.ReadLines(Path.Combine(root, "classes.txt")).Select(line => line.Split('\t'))
            .Select(parts => new ImageClass(parts[0], parts[1].Split(", ")))]);
    }
}
