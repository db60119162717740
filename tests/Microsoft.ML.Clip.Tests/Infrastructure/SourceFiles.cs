using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The C# files of the repository, as text.</summary>
internal static partial class SourceFiles
{
    /// <summary>The files of a folder and those below it, without what the build makes.</summary>
    public static IEnumerable<string> Below(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(f => !Output().IsMatch(Path.GetRelativePath(folder, f)));

    /// <summary>The code of a file without comments and without what string literals say; what they interpolate stays.</summary>
    public static string Code(string text)
    {
        text = StringOrComment().Replace(text, m => m.Value[0] == '/' ? " " : $"\"{string.Join(' ', Interpolation().Matches(m.Value).Select(i => i.Value))}\"");
        return text;
    }

    [GeneratedRegex(@"(^|[/\\])(obj|bin)[/\\]")]
    private static partial Regex Output();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|\$*""""""(?:.*?)""""""|\$?@""(?:[^""]|"""")*""|\$?""(?:[^""\\\n]|\\.)*""", RegexOptions.Singleline)]
    private static partial Regex StringOrComment();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Interpolation();
}
