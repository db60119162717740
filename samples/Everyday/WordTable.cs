namespace Everyday;

/// <summary>Prints a line for a photograph: how sure, and its words.</summary>
internal static class WordTable
{
    public static void Print(Finding finding, int width)
    {
        string name = finding.Photograph.Name.PadRight(width);
        if (finding.Photograph.Error.Length > 0)
        {
            Console.WriteLine($"{name}        not read: {finding.Photograph.Error.ReplaceLineEndings(" ")}");
            return;
        }
        string certainty = finding.Certainty is { } chance ? $"{chance,4:P0}" : "";
        string none = finding.IsNone ? "not sure, perhaps " : "";
        Console.WriteLine($"{name}  {certainty}  {none}{string.Join(", ", finding.Words.Select(w => w.Word))}");
    }
}
