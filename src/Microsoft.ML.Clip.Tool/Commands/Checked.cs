using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Mlclip;

/// <summary>Values of options that are of the right type and still none.</summary>
internal static class Checked
{
    /// <summary>The value, if it is within its bounds.</summary>
    /// <param name="value">What was given.</param>
    /// <param name="option">The option, as it is typed.</param>
    /// <param name="most">The most that it may be; the least is 1.</param>
    /// <exception cref="ToolException">It is not.</exception>
    public static int Positive(int value, string option, int most = int.MaxValue) => value >= 1 && value <= most ? value
        : throw new ToolException(string.Create(CultureInfo.InvariantCulture,
            $"{option} is {value}; expected {(most == int.MaxValue ? "1 at least" : string.Create(CultureInfo.InvariantCulture, $"1 to {most:N0}"))}."));

    /// <summary>The path, if it is that of a file.</summary>
    /// <exception cref="ToolException">It is not there, or a folder.</exception>
    public static string File(string path) => System.IO.File.Exists(path) ? path
        : throw new ToolException(Directory.Exists(path) ? $"'{path}' is a folder; expected a file." : $"There is no file '{path}'.");

    /// <summary>The path, if it is that of a folder.</summary>
    /// <exception cref="ToolException">It is not there, or a file.</exception>
    public static string Folder(string path) => Directory.Exists(path) ? path
        : throw new ToolException(System.IO.File.Exists(path) ? $"'{path}' is a file; expected a folder." : $"There is no folder '{path}'.");

    /// <summary>The path, if it may become a folder.</summary>
    /// <exception cref="ToolException">It is a file.</exception>
    public static string NoFile(string path) => System.IO.File.Exists(path) ? Folder(path) : path;

    /// <summary>Has empty texts refused: a script's variable that is not set, above all.</summary>
    public static void RefuseEmpty(Symbol symbol)
    {
        switch (symbol)
        {
            case Argument argument when IsText(argument.ValueType): argument.Validators.Add(result => Refuse(result, argument.Name)); break;
            case Option option when IsText(option.ValueType): option.Validators.Add(result => Refuse(result, option.Name)); break;
        }
    }

    private static bool IsText(Type type) => type == typeof(string) || type == typeof(string[]);

    private static void Refuse(SymbolResult result, string name)
    {
        if (result.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value)))
        {
            result.AddError($"{name} is empty.");
        }
    }
}
