using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>Patterns of paths, as webdataset and shells have them: <c>{00000..00041}</c>, <c>{a,b}</c>, and <c>*</c> and <c>?</c> in names of files.</summary>
internal static partial class FilePattern
{
    private const int MaximumPaths = 1_000_000;

    /// <summary>The full paths that braces stand for; stars are left as they are.</summary>
    /// <exception cref="ArgumentException">There are too many, or a range is none.</exception>
    public static string[] Expand(string pattern)
    {
        // The first brace is written out, then those of what came of it.
        var paths = new List<string> { pattern };
        while (Braces().Match(paths[0]) is { Success: true })
        {
            var next = new List<string>();
            foreach (string path in paths)
            {
                var brace = Braces().Match(path);
                string before = path[..brace.Index], after = path[(brace.Index + brace.Length)..];
                foreach (string value in Values(brace, pattern))
                {
                    next.Add(before + value + after);
                    if (next.Count > MaximumPaths)
                    {
                        throw new ArgumentException($"The pattern '{pattern}' stands for more than {MaximumPaths:N0} paths.", nameof(pattern));
                    }
                }
            }
            paths = next;
        }
        return [.. paths.Select(p => Path.GetFullPath(p))];
    }

    /// <summary>The files of paths in which stars may stand.</summary>
    /// <exception cref="ClipShardException">No file fits one of them, or a folder cannot be listed.</exception>
    public static IEnumerable<string> Find(IReadOnlyList<string> paths)
    {
        foreach (string path in paths)
        {
            string name = Path.GetFileName(path), folder = Path.GetDirectoryName(path)!;
            if (!HasStar(name))
            {
                yield return path;
                continue;
            }
            string[] found = InputFiles.Planned<string[]>(() =>
                [.. Directory.EnumerateFiles(folder).Where(f => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(f), ignoreCase: false))]);
            Array.Sort(found, StringComparer.Ordinal);
            if (found.Length == 0)
            {
                throw new ClipShardException(ClipShardProblem.Input, $"No file fits '{path}'.");
            }
            foreach (string file in found)
            {
                yield return file;
            }
        }
    }

    /// <summary>The folder that all paths lie in.</summary>
    /// <exception cref="ArgumentException">There is none, as they lie on different drives, or a folder has a star in its name.</exception>
    public static string CommonFolder(IReadOnlyList<string> paths)
    {
        string common = Path.GetDirectoryName(paths[0])!;
        foreach (string path in paths)
        {
            if (HasStar(Path.GetDirectoryName(path)!))
            {
                throw new ArgumentException($"The pattern '{path}' has a star in the name of a folder; expected it in names of files alone.", nameof(paths));
            }
            while (!IsBelow(path, common))
            {
                common = Path.GetDirectoryName(common) ?? throw new ArgumentException($"'{paths[0]}' and '{path}' lie on different drives; expected files below one folder.", nameof(paths));
            }
        }
        return common;
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static bool HasStar(string text) => text.AsSpan().ContainsAny('*', '?');

    private static IEnumerable<string> Values(Match brace, string pattern)
    {
        if (!brace.Groups["first"].Success)
        {
            return brace.Groups["list"].Value.Split(',');
        }
        string first = brace.Groups["first"].Value, last = brace.Groups["last"].Value;
        if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int from)
            || !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int to) || to < from)
        {
            throw new ArgumentException($"The pattern '{pattern}' has the range {brace.Value}; expected two numbers of which the first is not larger, as {{00000..00041}}.", nameof(pattern));
        }
        return Numbers(from, to, first.Length);
    }

    // As wide as the first, with zeros before them.
    private static IEnumerable<string> Numbers(int from, int to, int width)
    {
        for (long i = from; i <= to; i++)
        {
            yield return i.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
        }
    }

    [GeneratedRegex(@"\{(?:(?<first>[0-9]+)\.\.(?<last>[0-9]+)|(?<list>[^{}]*,[^{}]*))\}", RegexOptions.CultureInvariant)]
    private static partial Regex Braces();
}
