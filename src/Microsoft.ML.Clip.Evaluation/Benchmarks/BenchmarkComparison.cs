using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>A data set beside a published one.</summary>
internal static class BenchmarkComparison
{
    private const int MostExamples = 3;

    public static ClipBenchmarkCheck Of(ClipBenchmark benchmark, ClipDataSetSummary summary)
    {
        var findings = new List<ClipBenchmarkFinding>();
        int count = summary.Classes.Count;
        if (count != benchmark.ClassCount)
        {
            Add(ClipBenchmarkFindingKind.ClassCount, null, $"It has {count} classes; expected {benchmark.ClassCount}.");
        }
        string[] names = [.. summary.Classes.Select(c => c.Name)];
        if (benchmark.ClassNames is { } published)
        {
            Compare(published, names, Add);
        }
        string? split = Split(benchmark, summary.Rows);
        if (split is null)
        {
            string train = benchmark.TrainCount is { } images ? FormattableString.Invariant($"{images:N0} (train) or ") : "";
            string known = benchmark.OtherSizes.FirstOrDefault(s => s.Count == summary.Rows).What is { } what ? $" So many has {what}." : "";
            Add(ClipBenchmarkFindingKind.Size, null, FormattableString.Invariant($"It has {summary.Rows:N0} images; expected {train}{benchmark.TestCount:N0} (test).{known}"));
        }
        for (int i = 0; i < count; i++)
        {
            if (summary.Classes[i].Count == 0)
            {
                Add(ClipBenchmarkFindingKind.EmptyClass, i, $"Class {i}, '{names[i]}', has no image.");
            }
        }
        if (summary.IsOneClass)
        {
            Add(ClipBenchmarkFindingKind.OneClass, null, "All images are of one class, and whoever always says so is right.");
        }
        NamesOfFiles(summary, Add);
        return new ClipBenchmarkCheck
        {
            Key = benchmark.Key,
            Summary = summary,
            Split = split,
            HasComparedNames = benchmark.ClassNames is not null,
            Findings = findings,
        };

        void Add(ClipBenchmarkFindingKind kind, int? ofClass, string message) => findings.Add(new(kind, ofClass, message));
    }

    /// <summary>A name as it is compared: words in lower case with one space between them.</summary>
    public static string Normalize(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            if (char.IsLetterOrDigit(c))
            {
                text.Append(char.ToLowerInvariant(c));
            }
            else if (text.Length > 0 && text[^1] != ' ')
            {
                text.Append(' ');
            }
        }
        return text.ToString().TrimEnd();
    }

    private static string? Split(ClipBenchmark benchmark, long rows) => (rows == benchmark.TrainCount, rows == benchmark.TestCount) switch
    {
        (true, true) => "train or test",
        (true, false) => "train",
        (false, true) => "test",
        _ => null,
    };

    private static void Compare(IReadOnlyList<IReadOnlyList<string>> published, string[] names, Action<ClipBenchmarkFindingKind, int?, string> add)
    {
        int[] places = Places([.. published.Select(c => c.Select(Normalize).ToArray())], [.. names.Select(Normalize)]);
        var taken = places.Where(p => p >= 0).ToHashSet();
        int[] moved = [.. Enumerable.Range(0, names.Length).Where(i => places[i] >= 0 && places[i] != i)];
        if (moved.Length > 0)
        {
            int by = moved[0] - places[moved[0]];
            string all = moved.All(i => i - places[i] == by) ? $", all of them {Math.Abs(by)} {(by > 0 ? "later" : "earlier")} than published, from class {moved[0]} on" : "";
            string examples = string.Join(", ", moved.Take(MostExamples).Select(i => $"'{names[i]}' is class {i} and should be {places[i]}"));
            add(ClipBenchmarkFindingKind.NameOrder, null, $"{moved.Length} of {names.Length} names stand at other places{all}: {examples}.");
        }
        for (int i = 0; i < names.Length; i++)
        {
            if (places[i] < 0)
            {
                bool isInPlace = i < published.Count && taken.Add(i);
                add(isInPlace ? ClipBenchmarkFindingKind.OtherName : ClipBenchmarkFindingKind.UnknownName, i,
                    $"Class {i} is '{names[i]}', which is not published{(isInPlace ? $"; expected '{Shown(published[i])}'" : "")}.");
            }
        }
        for (int i = 0; i < published.Count; i++)
        {
            if (!taken.Contains(i))
            {
                add(ClipBenchmarkFindingKind.MissingName, i, $"The published class {i}, '{Shown(published[i])}', is missing.");
            }
        }
        int[] spelt = [.. Enumerable.Range(0, names.Length)
            .Where(i => places[i] >= 0 && !published[places[i]].Contains(names[i], StringComparer.OrdinalIgnoreCase))];
        if (spelt.Length > 0)
        {
            string examples = string.Join(", ", spelt.Take(MostExamples).Select(i => $"'{names[i]}' for '{Shown(published[places[i]])}'"));
            add(ClipBenchmarkFindingKind.NameSpelling, null, $"{spelt.Length} of {names.Length} names are spelt otherwise: {examples}.");
        }
    }

    // For each name the class that has it: at its own place, where it can be, as names need not differ.
    private static int[] Places(string[][] published, string[] names)
    {
        int[] places = new int[names.Length];
        bool[] taken = new bool[published.Length];
        for (int i = 0; i < names.Length; i++)
        {
            places[i] = i < published.Length && published[i].Contains(names[i]) ? i : -1;
            if (places[i] >= 0)
            {
                taken[i] = true;
            }
        }
        for (int i = 0; i < names.Length; i++)
        {
            if (places[i] < 0)
            {
                places[i] = Enumerable.Range(0, published.Length).FirstOrDefault(p => !taken[p] && published[p].Contains(names[i]), -1);
                if (places[i] >= 0)
                {
                    taken[places[i]] = true;
                }
            }
        }
        return places;
    }

    private static void NamesOfFiles(ClipDataSetSummary summary, Action<ClipBenchmarkFindingKind, int?, string> add)
    {
        // A name that is a number is that of many files.
        var byName = summary.Classes.Select((c, i) => (Name: Normalize(c.Name), Class: i)).Where(c => c.Name.Any(char.IsLetter))
            .ToLookup(c => c.Name, c => c.Class);
        for (int i = 0; i < summary.Classes.Count; i++)
        {
            var (name, _, example) = summary.Classes[i];
            int[] others = example is null ? [] : [.. NamesIn(example).SelectMany(p => byName[Normalize(p)]).Distinct()];
            if (others.Length > 0 && !others.Contains(i))
            {
                add(ClipBenchmarkFindingKind.NameOfFile, i, $"Class {i} is '{name}', but its first image is '{example}', which bears the name of class {others[0]}, '{summary.Classes[others[0]].Name}'.");
            }
        }
    }

    // The folders, and the file's name without its ending, with and without a number.
    private static IEnumerable<string> NamesIn(string example)
    {
        string[] parts = example.Split('/');
        string file = Path.GetFileNameWithoutExtension(parts[^1]);
        return [.. parts[..^1], file, file.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')];
    }

    private static string Shown(IReadOnlyList<string> names) => string.Join("' or '", names);
}
