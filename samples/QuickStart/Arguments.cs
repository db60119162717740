namespace QuickStart;

/// <summary>What to classify, with which model, into which classes.</summary>
internal sealed record Arguments(string ModelDirectory, string? Remark, string[] Images, string[] Labels)
{
    private static readonly string[] DefaultLabels = ["cat", "dog", "cup of coffee", "rocket", "astronaut", "bird", "car", "ship"];
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];

    public static Arguments? Parse(string[] args)
    {
        var named = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || args[i] is not ("--model" or "--images" or "--labels"))
                return Fail($"Unknown or incomplete argument '{args[i]}'. Usage: QuickStart [--model DIR] [--images DIR] [--labels \"cat,dog,...\"]");
            named[args[i]] = args[i + 1];
        }

        string root = FindRepository();
        string? remark = null;
        if (!named.TryGetValue("--model", out string? model))
        {
            // Fixtures lie beside a clone only where the project's tests run.
            model = Path.GetFullPath(Path.Combine(root, "..", "shared", "fixtures", "models", "tiny-vit"));
            remark = "These weights are random: the scores below show that the pipeline runs, and mean nothing. Pass --model with a real one.";
            if (!Directory.Exists(model))
            {
                return Fail("Pass --model DIR with a CLIP model in ONNX form, for example a clone of huggingface.co/Xenova/clip-vit-base-patch32.");
            }
        }
        if (!Directory.Exists(model))
            return Fail($"There is no model directory '{model}'.");
        string folder = named.GetValueOrDefault("--images", Path.Combine(root, "samples", "images"));
        if (!Directory.Exists(folder))
            return Fail($"There is no folder '{folder}'.");
        string[] images = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        if (images.Length == 0)
            return Fail($"There are no images ({string.Join(", ", Extensions)}) below '{folder}'.");
        string[] labels = named.TryGetValue("--labels", out string? list) ? list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : DefaultLabels;
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
            if (File.Exists(Path.Combine(d.FullName, "ClipMlNet.sln")))
                return d.FullName;
        }
        return Directory.GetCurrentDirectory();
    }
}
