using Microsoft.ML.Clip;

namespace Everyday;

/// <summary>Fits <see cref="Certainty"/> on photographs whose words are known, and tells what the fit is worth.</summary>
internal static class Fitting
{
    private const int Folds = 10;

    /// <summary>Fits. Words that are not compared with are told and count as wrong.</summary>
    /// <param name="file">Lines of a path, relative to the file, a tab, and every word that is right, with commas between them.</param>
    public static int Run(string file, ClipModel model, ClipZeroShotClassifier classifier)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var lines = File.ReadLines(file).Select(line => line.Split('\t')).Where(parts => parts.Length == 2).ToDictionary(
            parts => Path.GetFullPath(parts[0], folder),
            parts => parts[1].Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.OrdinalIgnoreCase));
        string[] unknown = [.. lines.Values.SelectMany(w => w).Distinct().Except(classifier.Labels, StringComparer.OrdinalIgnoreCase)];
        Console.WriteLine(unknown.Length > 0 ? $"Not among the words: {string.Join(", ", unknown)}" : $"{lines.Count} photographs.");

        var answers = new List<(double Cosine, double Share, bool IsRight)>();
        int first = 0, five = 0, read = 0;
        foreach (var photograph in Photograph.Embed(model, [.. lines.Keys]).Where(p => p.Error.Length == 0))
        {
            var right = lines[photograph.Path];
            var prediction = classifier.Classify(photograph.Embedding);
            int[] order = [.. Enumerable.Range(0, classifier.Labels.Count).OrderByDescending(i => prediction.Cosines[i])];
            bool isRight = right.Contains(classifier.Labels[order[0]]);
            bool isAmongFive = order.Take(5).Any(i => right.Contains(classifier.Labels[i]));
            (read, first, five) = (read + 1, first + (isRight ? 1 : 0), five + (isAmongFive ? 1 : 0));
            answers.Add((prediction.Cosine, prediction.Score, isRight));
            // The same photograph as if its words were not in the list: what is first then is wrong.
            int[] others = [.. order.Where(i => !right.Contains(classifier.Labels[i]))];
            double share = prediction.Scores[others[0]] / others.Sum(i => (double)prediction.Scores[i]);
            answers.Add((prediction.Cosines[others[0]], share, false));
        }

        var certainty = Certainty.Fit(answers);
        Console.WriteLine($"First word right: {first} of {read}; among five: {five} of {read}.");
        Console.WriteLine(FormattableString.Invariant($"new({certainty.Bias:F3}, {certainty.PerCosine:F3}, {certainty.PerShare:F3})"));

        // Each tenth told by the other nine; the two answers of a photograph stay together.
        double[] told = [.. answers.Select((a, i) => Certainty.Fit([.. answers.Where((_, j) => j / 2 % Folds != i / 2 % Folds)]).Of(a.Cosine, a.Share))];
        for (int bin = 0; bin < 4; bin++)
        {
            int[] members = [.. Enumerable.Range(0, answers.Count).Where(i => Math.Min(3, (int)(told[i] * 4)) == bin)];
            Console.WriteLine($"told {bin * 25}% to {(bin + 1) * 25}%: {members.Count(i => answers[i].IsRight)} of {members.Length} right");
        }
        int[] complete = [.. Enumerable.Range(0, answers.Count).Where(i => i % 2 == 0)], removed = [.. complete.Select(i => i + 1)];
        Console.WriteLine($"Said to be none: {removed.Count(i => told[i] < Certainty.None)} of {removed.Length} whose words are not in the list; "
            + $"{complete.Count(i => answers[i].IsRight && told[i] < Certainty.None)} of {first} whose first word is right.");
        return 0;
    }
}
