namespace TrainTinyClip;

/// <summary>The figures of the model card.</summary>
internal static class ModelCard
{
    public static void Print(string model, string data, string work)
    {
        ImageFolder cifar = ImageFolders.OpenCifar10(data, work), tiny = ImageFolders.OpenTinyImageNet(data, work);
        using var evaluation = new ModelEvaluation(model);
        foreach ((string name, var set) in new[] { ("CIFAR-10, test", cifar), ("Tiny ImageNet, validation", tiny) })
        {
            (string[] paths, int[] labels) = set.TestImages(int.MaxValue);
            evaluation.ZeroShot(name, [.. set.Classes.Select(c => c.Name)], paths, labels);
        }

        evaluation.LinearProbe("CIFAR-10, test", cifar.TrainingImages(int.MaxValue), cifar.TestImages(int.MaxValue));
        NeverTrained(evaluation, data, tiny);
    }

    /// <summary>Photographs of ImageNet classes that are in neither set: what the model cannot know by name.</summary>
    private static void NeverTrained(ModelEvaluation evaluation, string data, ImageFolder tiny)
    {
        HashSet<string> trained = [.. tiny.Classes.Select(c => c.Folder)];
        var photographs = Directory.EnumerateFiles(Path.Combine(data, "imagenet-samples"), "*.JPEG").Order(StringComparer.Ordinal)
            .Select(path => (Path: path, Parts: Path.GetFileNameWithoutExtension(path).Split('_', 2)))
            .Where(p => !trained.Contains(p.Parts[0])).ToArray();
        evaluation.ZeroShot("ImageNet classes never trained", [.. photographs.Select(p => p.Parts[1].Replace('_', ' '))],
            [.. photographs.Select(p => p.Path)], [.. Enumerable.Range(0, photographs.Length)]);
    }
}
