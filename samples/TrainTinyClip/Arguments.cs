using System.Globalization;

namespace TrainTinyClip;

/// <summary>The command line: <c>--name value</c> pairs and flags.</summary>
internal sealed class Arguments(string[] args)
{
    public bool Has(string flag) => args.Contains("--" + flag);

    public string Text(string name, string fallback) => Array.IndexOf(args, "--" + name) is var i and >= 0
        ? i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"--{name} needs a value.")
        : fallback;

    public int Int(string name, int fallback) => int.Parse(Text(name, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    public double Double(string name, double fallback) => double.Parse(Text(name, fallback.ToString(CultureInfo.InvariantCulture)),
        CultureInfo.InvariantCulture);
}
