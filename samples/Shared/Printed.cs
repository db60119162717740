namespace Samples;

/// <summary>Text of others as a terminal may get it.</summary>
internal static class Printed
{
    /// <summary>The text in one line, without what a terminal takes for a command: a file's name may hold both.</summary>
    public static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
