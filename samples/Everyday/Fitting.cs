using Microsoft.ML.Clip;
using Samples;

namespace Everyday;

/// <summary>Fits <see cref="Certainty"/> on photographs whose words are known, and tells what the fit is worth.</summary>
internal static class Fitting
{
    private const int Folds = 10;

    // As if one photograph of five had none of the words.
    private const double WeightWithout = 0.25;

    /// <summary>Fits. Words that are not compared with are told and count as wrong.</summary>
    /// <param name="file">Lines of a path, relative to the file, a tab, and every word that is right, with commas between them.</param>
    public static int Run(string file, ClipModel model, WordList words)
    {
        var lines = Read(file);
        var classifier = words.Classifier(model);
        string[] unknown = [.. lines.Values.SelectMany(w => w).Distinct().Except(words.Words, StringComparer.OrdinalIgnoreCase)];
        Console.WriteLine(unknown.Length > 0 ? $"Not among the words: {string.Join(", ", unknown.Select(WordTable.Shown))}" : $"{lines.Count} photographs.");

        var answers = new List<(double Cosine, double Share, bool IsRight, double Weight)>();
        int first = 0, five = 0, read = 0;
        foreach (var photograph in Photograph.Embed(model, [.. lines.Keys]).Where(p => p.Error.Length == 0))
        {
            var right = lines[photograph.Path];
            var (cosines, shares) = words.Judge(classifier, photograph.Embedding);
            int[] order = [.. Enumerable.Range(0, words.Words.Count).OrderByDescending(i => cosines[i])];
            bool isRight = right.Contains(words.Words[order[0]]);
            bool isAmongFive = order.Take(5).Any(i => right.Contains(words.Words[i]));
            (read, first, five) = (read + 1, first + (isRight ? 1 : 0), five + (isAmongFive ? 1 : 0));
            answers.Add((cosines[order[0]], shares[order[0]], isRight, 1));
            // The same photograph as if its words were not in the list: what is first then is wrong.
            int[] others = [.. order.Where(i => !right.Contains(words.Words[i]))];
            double share = shares[others[0]] / others.Sum(i => (double)shares[i]);
            answers.Add((cosines[others[0]], share, false, WeightWithout));
        }

        if (read == 0)
        {
            CommandLine.Fail($"None of the {lines.Count} photographs that '{file}' names can be read.");
        }
        var certainty = Certainty.Fit(answers);
        Console.WriteLine($"First word right: {first} of {read}; among five: {five} of {read}.");
        Console.WriteLine(FormattableString.Invariant($"new({certainty.Bias:F3}, {certainty.PerCosine:F3}, {certainty.PerShare:F3})"));

        // Each tenth told by the other nine; the two answers of a photograph stay together.
        double[] told = [.. answers.Select((a, i) => Certainty.Fit([.. answers.Where((_, j) => j / 2 % Folds != i / 2 % Folds)]).Of(a.Cosine, a.Share))];
        for (int bin = 0; bin < 4; bin++)
        {
            int[] members = [.. Enumerable.Range(0, answers.Count).Where(i => Math.Min(3, (int)(told[i] * 4)) == bin)];
            double share = members.Sum(i => answers[i].IsRight ? answers[i].Weight : 0) / Math.Max(1e-9, members.Sum(i => answers[i].Weight));
            Console.WriteLine($"told {bin * 25}% to {(bin + 1) * 25}%: right {share:P0} of {members.Length} answers");
        }
        int[] complete = [.. Enumerable.Range(0, answers.Count).Where(i => i % 2 == 0)], removed = [.. complete.Select(i => i + 1)];
        foreach (double none in (double[])[0.15, Certainty.None, 0.25, 0.3])
        {
            Console.WriteLine($"Below {none:P0} none is said of {removed.Count(i => told[i] < none)} of {removed.Length} whose words are not in the list, "
                + $"and of {complete.Count(i => answers[i].IsRight && told[i] < none)} of {first} whose first word is right.");
        }
        return 0;
    }

    // Of a file of another kind, such as a photograph, no line is a path, a tab and words.
    private static bool IsPair(string[] parts) => parts.Length == 2 && parts[0].Length > 0 && !parts[0].Contains('\0', StringComparison.Ordinal);

    private static Dictionary<string, HashSet<string>> Read(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var lines = new Dictionary<string, HashSet<string>>();
        foreach (string[] parts in File.ReadLines(file).Select(line => line.Split('\t')).Where(IsPair))
        {
            lines[Path.GetFullPath(parts[0], folder)] = parts[1].Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.OrdinalIgnoreCase);
        }
        if (!lines.Keys.Any(File.Exists))
        {
            CommandLine.Fail($"'{file}' names no photograph that is there: each line is a path, relative to the file, a tab, and the words that are right, with commas between them.");
        }
        return lines;
    }
}
