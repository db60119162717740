namespace Microsoft.ML.Clip;

/// <summary>The tables of Geirhos et al., one for each person or model.</summary>
internal static class GeirhosFiles
{
    private const string People = "subject";

    // Written by R and by Python: what is not there, and the condition of an experiment that has none.
    private static readonly string[] NoAnswers = ["na", "nan"], NoConditions = ["", "0", "na", "nan"];

    private static readonly string[] Columns = ["subj", "object_response", "category", "imagename", "condition"];

    public static ClipHumanAnswers Read(string folder, Func<string, bool>? isPerson)
    {
        string root = DataFiles.Folder(folder);
        string[] files = [.. DataFiles.Files(root).Where(f => f.EndsWith(".csv", StringComparison.OrdinalIgnoreCase))];
        string[] folders = [.. files.Select(f => Path.GetDirectoryName(f)!.Replace('\\', '/')).Distinct(StringComparer.Ordinal)];
        if (folders.Length != 1)
        {
            throw new InvalidDataException(folders.Length == 0 ? $"'{root}' has no CSV file; expected those of an experiment."
                : $"'{root}' has the files of {folders.Length} experiments, '{string.Join("', '", folders)}'; expected those of one, as images of others have the same names.");
        }
        Line[] lines = [.. files.SelectMany(f => Lines(Path.Combine(root, f)))];
        var all = lines.Select(l => l.Category).Concat(lines.Select(l => l.Response).OfType<string>());
        string[] names = [.. all.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var places = names.Select((n, i) => (Name: n, Place: i)).ToDictionary(n => n.Name, n => n.Place, StringComparer.Ordinal);
        bool hasConditions = lines.Select(l => l.Condition).Distinct(StringComparer.Ordinal).Count() > 1;
        isPerson ??= name => name.StartsWith(People, StringComparison.OrdinalIgnoreCase);
        var answers = lines.ToLookup(l => isPerson(l.Observer), Answer);
        return new ClipHumanAnswers { ClassNames = names, People = [.. answers[true]], Models = [.. answers[false]] };

        ClipHumanAnswer Answer(Line line) => new(line.Observer, hasConditions ? $"{line.Image} ({line.Condition})" : line.Image, places[line.Category],
            line.Response is null ? null : places[line.Response]);
    }

    private static IEnumerable<Line> Lines(string path)
    {
        string[] lines = DataFiles.Lines(path), heads = Fields(lines[0]);
        int[] at = [.. Columns.Select(c => Array.IndexOf(heads, c))];
        if (Array.IndexOf(at, -1) is >= 0 and var missing)
        {
            throw new InvalidDataException($"'{path}' has no column '{Columns[missing]}'; its first line is '{lines[0]}'.");
        }
        if (lines.Length < 2)
        {
            throw new InvalidDataException($"'{path}' has no answers.");
        }
        for (int i = 1; i < lines.Length; i++)
        {
            string[] fields = Fields(lines[i]);
            // Experiments without conditions may say nothing there.
            if (fields.Length != heads.Length || Array.Exists(at[..^1], c => fields[c].Length == 0))
            {
                throw new InvalidDataException($"Line {i + 1} of '{path}' is '{lines[i]}'; expected {heads.Length} values, those of {string.Join(", ", Columns[..^1])} not empty.");
            }
            string response = fields[at[1]];
            string condition = NoConditions.Contains(fields[at[4]], StringComparer.OrdinalIgnoreCase) ? "0" : fields[at[4]];
            yield return new(fields[at[0]], fields[at[2]], condition, ImageOf(fields[at[3]]),
                NoAnswers.Contains(response, StringComparer.OrdinalIgnoreCase) ? null : response);
        }
    }

    // Written by R, with quotes or without; there is no comma in a value.
    private static string[] Fields(string line) => [.. line.Split(',').Select(f => f.Trim().Trim('"'))];

    // 0001_edg_s01_0_oven_00_oven10.png: trial, experiment, person, condition, category, and the image's own name, in which there may be more of them.
    private static string ImageOf(string name)
    {
        const int Before = 6;
        string[] parts = name.Split('_', Before + 1);
        return parts.Length > Before ? parts[Before] : parts[0].All(char.IsAsciiDigit) && parts.Length > 1 ? name[(parts[0].Length + 1)..] : name;
    }

    private sealed record Line(string Observer, string Category, string Condition, string Image, string? Response);
}
