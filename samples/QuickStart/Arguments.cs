namespace QuickStart;

/// <summary>What to classify, with which model, into which classes.</summary>
internal sealed record Arguments(string ModelDirectory, string? Remark, string[] Images, string[] Labels)
{
    private static readonly string[] DefaultLabels = ["tabby cat", "dog", "bird", "ship", "airplane", "truck", "espresso", "rocket", "astronaut"];
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

    public static Arguments? Parse(string[] args)
    {
        var named = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || args[i] is not ("--model" or "--images" or "--labels"))
            {
                return Fail($"Unknown or incomplete argument '{args[i]}'. Usage: QuickStart [--model DIR] [--images DIR] [--labels \"cat,dog,...\"]");
            }
            named[args[i]] = args[i + 1];
        }

        string root = FindRepository();
        string? remark = null;
        if (!named.TryGetValue("--model", out string? model))
        {
            model = Path.Combine(root, "samples", "models", "tiny-clip");
            remark = "A model of 5 MB that knows 210 names of animals and things. Rockets and astronauts are not among them, so there it guesses; pass --model DIR for a larger one.";
        }
        if (!Directory.Exists(model))
        {
            return Fail($"There is no model directory '{model}'.");
        }
        string folder = named.GetValueOrDefault("--images", Path.Combine(root, "samples", "images"));
        if (!Directory.Exists(folder))
        {
            return Fail($"There is no folder '{folder}'.");
        }
        string[] images = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        if (images.Length == 0)
        {
            return Fail($"There are no images ({string.Join(", ", Extensions)}) below '{folder}'.");
        }
        string[] labels = named.TryGetValue("--labels", out string? list)
            ? list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : DefaultLabels;
        return new Arguments(model, remark, images, labels);
    }

    private static Arguments? Fail(string message)
    {
        Console.Error.WriteLine(message);
        return null;
    }

    private static string FindRepository()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "ClipMlNet.slnx")))
            {
                return d.FullName;
            }
        }
        return Directory.GetCurrentDirectory();
    }
}
