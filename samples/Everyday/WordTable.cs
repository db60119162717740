using Samples;

namespace Everyday;

/// <summary>Prints a line for a photograph: how sure, and its words.</summary>
internal static class WordTable
{
    private const int MostLetters = 100;

    public static void Print(Finding finding, int width)
    {
        string name = Printed.OneLine(finding.Photograph.Name).PadRight(width);
        if (finding.Photograph.Error.Length > 0)
        {
            Console.WriteLine($"{name}        not read: {Printed.OneLine(finding.Photograph.Error)}");
            return;
        }
        string certainty = finding.Certainty is { } chance ? $"{chance,4:P0}" : "";
        string none = finding.IsNone ? "not sure, perhaps " : "";
        Console.WriteLine($"{name}  {certainty}  {none}{Printed.OneLine(string.Join(", ", finding.Words.Select(w => Shown(w.Word))))}");
    }

    /// <summary>A word as it is shown: the text encoder sees no more of a long one than its beginning, either.</summary>
    public static string Shown(string word) => word.Length <= MostLetters ? word : $"{word[..MostLetters]} ... ({word.Length:N0} letters)";
}
