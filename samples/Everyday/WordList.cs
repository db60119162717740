namespace Everyday;

/// <summary>The words that photographs are compared with.</summary>
internal static class WordList
{
    /// <summary>A file of one word or short phrase a line; lines that begin with # are remarks. Repeated words count once.</summary>
    public static string[] Read(string file) => Distinct(File.ReadLines(file).Where(line => !line.TrimStart().StartsWith('#')));

    /// <summary>What of the words is left when blanks at their ends, empty ones and repeated ones go.</summary>
    public static string[] Distinct(IEnumerable<string> words) =>
        [.. words.Select(word => word.Trim()).Where(word => word.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
}
