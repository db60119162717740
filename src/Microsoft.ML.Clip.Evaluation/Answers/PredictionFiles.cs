using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>Lists of classes as JSON, one for each model, and labels as numpy's arrays.</summary>
internal static class PredictionFiles
{
    private const string Ending = "_predictions.json";

    // CIFAR-10's have 50 KB.
    private const int MaximumLength = 64 << 20;

    public static ClipPublishedPredictions Read(string name, string folder, IReadOnlyList<int> labels)
    {
        string[] files = [.. DataFiles.Files(folder).Where(f => f.EndsWith(Ending, StringComparison.Ordinal) && !f.Contains('/'))];
        if (files.Length == 0)
        {
            throw new InvalidDataException($"'{folder}' has no file MODEL{Ending}.");
        }
        return new ClipPublishedPredictions { Name = name, Labels = [.. labels], Models = [.. files.Select(f => Model(Path.Combine(folder, f), labels))] };
    }

    public static int[] Labels(string path)
    {
        var (shape, values) = NpyFile.Read(path);
        return shape.Length == 1 ? values : throw new InvalidDataException($"'{path}' is an array of {string.Join(" x ", shape)}; expected one of labels.");
    }

    private static ClipModelPredictions Model(string path, IReadOnlyList<int> labels)
    {
        int[]? answers;
        try
        {
            answers = JsonSerializer.Deserialize<int[]>(DataFiles.Bytes(path, MaximumLength));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is no list of whole numbers as JSON: {e.Message}", e);
        }
        if (answers?.Length != labels.Count || answers.Length == 0)
        {
            throw new InvalidDataException($"'{path}' has {answers?.Length ?? 0} answers; expected {labels.Count}, as there are labels, and one at least.");
        }
        return new ClipModelPredictions
        {
            Model = Path.GetFileName(path)[..^Ending.Length],
            Answers = answers,
            Hits = answers.Where((a, i) => a == labels[i]).LongCount(),
        };
    }
}
