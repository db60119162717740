using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Samples;

/// <summary>
/// The command line of a sample, as its usage text describes it: <c>[--model DIR]</c> takes a value, <c>[--full]</c> does not. What it does not describe, or a
/// value that cannot be read, ends the program with a message and exit code 2.
/// </summary>
internal sealed partial class CommandLine
{
    private readonly string _usage;
    private readonly Dictionary<string, bool> _takesValue;
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _words = [];

    /// <param name="args">The arguments.</param>
    /// <param name="usage">What may stand there.</param>
    /// <param name="words">How many arguments may stand there without a name.</param>
    public CommandLine(string[] args, string usage, int words = 0)
    {
        _usage = usage;
        if (args is ["--help" or "-h"])
        {
            Console.WriteLine(usage);
            Environment.Exit(0);
        }
        _takesValue = Option().Matches(usage).DistinctBy(m => m.Groups[1].Value).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Success);
        for (int i = 0; i < args.Length; i++)
        {
            if (!_takesValue.TryGetValue(args[i], out bool hasValue))
            {
                if (args[i].StartsWith('-') || _words.Count == words)
                {
                    FailWithUsage(args[i]);
                }
                _words.Add(args[i]);
            }
            else if (!hasValue)
            {
                _values[args[i]] = "";
            }
            else if (i + 1 < args.Length && !_takesValue.ContainsKey(args[i + 1]))
            {
                _values[args[i]] = args[++i];
            }
            else
            {
                Fail($"'{args[i]}' has no value behind it.\n\n{usage}");
            }
        }
    }

    /// <summary>The argument without a name, if there is one.</summary>
    public string? Word => _words.FirstOrDefault();

    /// <summary>All arguments without a name.</summary>
    public IReadOnlyList<string> Words => _words;

    public bool Has(string option) => _takesValue.ContainsKey(option) ? _values.ContainsKey(option)
        : throw new ArgumentException($"The usage text says nothing of {option}.", nameof(option));

    public string? Text(string option) => Has(option) ? _values[option] : null;

    /// <summary>A folder, which has to be there.</summary>
    public string? Folder(string option)
    {
        if (Text(option) is { } folder && !Directory.Exists(folder))
        {
            Fail($"There is no folder '{folder}'.");
        }
        return Text(option);
    }

    /// <summary>A file, which has to be there.</summary>
    public string? File(string option)
    {
        if (Text(option) is { } file && !System.IO.File.Exists(file))
        {
            Fail($"There is no file '{file}'.");
        }
        return Text(option);
    }

    /// <summary>Whole numbers, 1 or more, ascending, with commas between them.</summary>
    public int[]? Counts(string option)
    {
        int[]? counts = List(option) is { } words
            ? [.. words.Select(w => int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value
                : Bad<int>(option))] : null;
        return counts is null || (counts.Length > 0 && counts.SequenceEqual(counts.Distinct().Order())) ? counts : Bad<int[]>(option);
    }

    /// <summary>A whole number, 0 or more.</summary>
    public int? Count(string option) => Has(option)
        ? int.TryParse(_values[option], NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : Bad<int>(option)
        : null;

    public double? Number(string option) => Has(option)
        ? double.TryParse(_values[option], CultureInfo.InvariantCulture, out double value) ? value : Bad<double>(option)
        : null;

    /// <summary>One of several words.</summary>
    public string Choice(string option, string first, string second) =>
        !Has(option) || _values[option] == first ? first : _values[option] == second ? second : Bad<string>(option);

    /// <summary>Words with commas between them.</summary>
    public string[]? List(string option) => Text(option)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Says what is wrong and ends the program with exit code 2.</summary>
    [DoesNotReturn]
    public static void Fail(string message)
    {
        Console.Error.WriteLine(message);
        Environment.Exit(2);
    }

    [DoesNotReturn]
    private T Bad<T>(string option)
    {
        FailWithUsage($"{option} {_values[option]}");
        throw new InvalidOperationException();
    }

    [DoesNotReturn]
    private void FailWithUsage(string what) => Fail($"Cannot make sense of '{what}'.\n\n{_usage}");

    // A name of the usage text and, unless a bracket closes behind it, the value that it takes.
    [GeneratedRegex(@"\[(--[a-z0-9-]+)( [^\]]+)?\]")]
    private static partial Regex Option();
}
