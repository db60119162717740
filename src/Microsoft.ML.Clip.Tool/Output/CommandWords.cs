using System.Text.RegularExpressions;

namespace Mlclip;

/// <summary>
/// Messages of the libraries in the words of the command line: they name options of their own, and parameters of methods, of which who types a command knows
/// nothing.
/// </summary>
internal static partial class CommandWords
{
    /// <summary>Options of the libraries, and those of commands that stand for them.</summary>
    public static IReadOnlyDictionary<string, string> Options { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ClipModelOptions.Variant"] = "--variant",
        ["ClipQuantizationOptions.Variant"] = "--variant",
        ["ClipQuantizationOptions.SourceVariant"] = "--source-variant",
        ["ClipQuantizationOptions.Images"] = "--images",
        ["ClipQuantizationOptions.Overwrite"] = "--overwrite",
        ["ClipShardPlanOptions.RowsPerShard"] = "--rows",
        ["ClipShardPlanOptions.BatchSize"] = "--batch",
        ["ClipShardPlanOptions.Texts"] = "--texts",
        ["ClipShardPlanOptions.Half = false"] = "--float32",
        ["ClipShardPlanOptions.Normalize = false"] = "--raw",
        ["ClipShardPlanOptions.CheckTimes = false"] = "--ignore-times",
        ["ClipShardWorkerOptions.MaxFailed"] = "--max-failed",
        ["ClipShardWorkerOptions.InputLocation"] = "--input",
        ["ClipShardWorkerOptions.VerifyDone"] = "--verify",
        ["ClipShardWorkerOptions.Redo"] = "--redo",
        ["ClipShardMergeOptions.RowsPerFile"] = "--rows-per-file",
        ["ClipShardMergeOptions.Layout"] = "--layout",
    };

    // Where another word stands beside the option, or is to stand there.
    private static readonly (string Library, string Command)[] Phrases =
    [
        ("HF_HUB_CACHE or ClipHubOptions.CacheDirectory", "HF_HUB_CACHE"),
        ("ClipHubOptions.Offline or HF_HUB_OFFLINE", "HF_HUB_OFFLINE"),
        ("HF_ENDPOINT or ClipHubOptions.Endpoint", "HF_ENDPOINT"),
        ("set HF_TOKEN, sign in with 'hf auth login', or pass ClipHubOptions.Token", "set HF_TOKEN, or sign in with 'hf auth login'"),
        ("pass a commit as ClipHubOptions.Revision", "name a commit, as ID@COMMIT"),
        ("With that commit as ClipHubOptions.Revision, or offline, nothing is asked.", "With that commit, as ID@COMMIT, or with HF_HUB_OFFLINE=1 nothing is asked."),
    ];

    /// <summary>The message, as a command says it.</summary>
    public static string Of(string message)
    {
        message = Parameter().Replace(message, "");
        foreach (var (library, command) in Phrases)
        {
            message = message.Replace(library, command, StringComparison.Ordinal);
        }
        return Option().Replace(message, OfOption);
    }

    private static string OfOption(Match match)
    {
        string name = match.Groups["name"].Value, value = match.Groups["value"].Value;
        return Options.TryGetValue(match.Value, out string? whole) ? whole
            : Options.TryGetValue(name, out string? option) ? value.Length > 0 ? $"{option} {value.Trim('"')}" : option
            // What no command has: the words of the name, for those who write a program.
            : $"'{Humps().Replace(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..], " $0").Trim().ToLowerInvariant()}' in a program of your own";
    }

    // What .NET appends to messages.
    [GeneratedRegex(@" \(Parameter '\w+'\)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\b(?<name>Clip\w+Options\.\w+)(?: = (?<value>""[^""]*""|\w+))?")]
    private static partial Regex Option();

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]")]
    private static partial Regex Humps();
}
