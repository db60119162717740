using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Clip;
using Samples;

namespace Notebooks;

/// <summary>What a notebook ends with: its page, and whether it came out as it says.</summary>
internal static class Notebook
{
    /// <summary>Writes the page, to where the first argument says, or else below artifacts/notebooks.</summary>
    public static void Write(ClipReport report, string[] arguments)
    {
        string name = Path.GetFileNameWithoutExtension(AppContext.GetData("EntryPointFilePath") as string ?? "notebook");
        string page = arguments.ElementAtOrDefault(0) ?? Path.Combine(Repository.Root, "artifacts", "notebooks", name, "report.html");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(page))!);
        File.WriteAllText(page, report.ToHtml());
        Console.WriteLine($"\nThe page: {page}");
    }

    /// <summary>Ends the program where what the notebook tells did not happen: a page nobody looked at must not be wrong in silence.</summary>
    public static void Expect([DoesNotReturnIf(false)] bool isSo, string what)
    {
        if (!isSo)
        {
            Console.Error.WriteLine($"This notebook tells something else than came out. Expected: {what}");
            Environment.Exit(1);
        }
    }
}
