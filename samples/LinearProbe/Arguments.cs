using System.Globalization;
using Microsoft.ML.Clip;

namespace LinearProbe;

/// <summary>What the command line says.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Usage: LinearProbe [FOLDER] [--model DIR] [--features encoder|joint] [--per-class N] [--full-sweep] [--export STEM] [--output FILE.zip]

        FOLDER       images in one folder per class, or such folders below FOLDER/train and FOLDER/test. Without it: CIFAR-10 where
                     ../shared/data/cifar10.tar.gz lies beside the repository, else a small set of shapes that is drawn on the spot.
        --features   encoder (the default): the encoder's own features, I_f, which the CLIP paper probes;
                     joint: the embedding that is compared with texts, I_e, for a probe beside a zero-shot classifier or a search index.
        --per-class  at most N training images of each class (and N / 5 test images); 0 for all. Default: 200 on CIFAR-10, else all.
        --full-sweep tries all 96 strengths of the regularisation instead of searching.
        --export     also writes the features for other programs: STEM.X.bin, STEM.y.bin, STEM.Xval.bin, STEM.yval.bin, STEM.json.
        """;

    public string? Folder { get; private init; }

    public string? Model { get; private init; }

    public ClipFeatures Features { get; private init; } = ClipFeatures.Encoder;

    public int? PerClass { get; private init; }

    public bool FullSweep { get; private init; }

    public string? Export { get; private init; }

    public string Output { get; private init; } = Path.Combine(Path.GetTempPath(), "clip-linear-probe.zip");

    /// <summary>Reads the command line; null, after saying why, if it cannot.</summary>
    public static Arguments? Parse(string[] args)
    {
        var result = new Arguments();
        for (int i = 0; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            var next = (args[i], value) switch
            {
                ("--full-sweep", _) => result with { FullSweep = true },
                ("--model", not null) => result with { Model = value },
                ("--features", "encoder") => result with { Features = ClipFeatures.Encoder },
                ("--features", "joint") => result with { Features = ClipFeatures.JointEmbedding },
                ("--per-class", not null) when int.TryParse(value, CultureInfo.InvariantCulture, out int n) && n >= 0 => result with { PerClass = n },
                ("--export", not null) => result with { Export = value },
                ("--output", not null) => result with { Output = value },
                ({ } folder, _) when !folder.StartsWith('-') && result.Folder is null => result with { Folder = folder },
                _ => null,
            };
            if (next is null)
            {
                Console.Error.WriteLine($"Cannot make sense of '{args[i]}{(value is null ? "" : " " + value)}'.\n\n{Usage}");
                return null;
            }
            if (args[i].StartsWith('-') && args[i] != "--full-sweep")
            {
                i++;
            }
            result = next;
        }
        return result;
    }
}
