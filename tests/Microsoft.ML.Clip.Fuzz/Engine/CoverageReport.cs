using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Which lines and blocks of source files this process has reached.</summary>
internal sealed class CoverageReport
{
    private readonly SortedDictionary<string, SortedDictionary<int, bool>> _lines = new(StringComparer.Ordinal);
    private readonly int _blocks, _reached;

    /// <param name="sources">Files or folders, from the folder src on.</param>
    public CoverageReport(IReadOnlyList<string> sources)
    {
        foreach (var (block, file, lines) in Instrumentation.ReadMap().Where(b => sources.Any(s => b.File.StartsWith(s, StringComparison.Ordinal))))
        {
            bool wasReached = Coverage.WasReached(block);
            _blocks++;
            _reached += wasReached ? 1 : 0;
            if (!_lines.TryGetValue(file, out var known))
            {
                _lines.Add(file, known = []);
            }
            foreach (int line in lines)
            {
                known[line] = wasReached || known.GetValueOrDefault(line);
            }
        }
    }

    /// <summary>Counts and shares.</summary>
    public string Summary
    {
        get
        {
            int lines = _lines.Values.Sum(f => f.Count), reached = _lines.Values.Sum(f => f.Values.Count(r => r));
            return string.Create(CultureInfo.InvariantCulture, $"coverage {reached:N0} of {lines:N0} lines ({Share(reached, lines):N1}%), {_reached:N0} of {_blocks:N0} blocks ({Share(_reached, _blocks):N1}%)");
        }
    }

    /// <summary>The lines that were not reached, file by file.</summary>
    public string Uncovered
    {
        get
        {
            var text = new StringBuilder();
            foreach (var (file, lines) in _lines.Where(f => f.Value.ContainsValue(false)))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {file}: {string.Join(' ', lines.Where(l => !l.Value).Select(l => l.Key))}");
            }
            return text.ToString();
        }
    }

    private static double Share(int part, int all) => all == 0 ? 0 : 100.0 * part / all;
}
