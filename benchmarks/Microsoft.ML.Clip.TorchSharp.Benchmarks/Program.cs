// export [REPETITIONS]   how fast exported image towers run, by how their weights are stored
// training [ROUNDS]      how fast training is, beside PyTorch
// ranks [ROUNDS]         how fast two processes are that train together, beside two threads of one
//
//   dotnet run -c Release --project benchmarks/Microsoft.ML.Clip.TorchSharp.Benchmarks -- export

using System.Globalization;
using Microsoft.ML.Clip.Benchmarks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["export", .. var rest]:
        ExportComparison.Run(Count(rest, 15));
        return 0;
    case ["training", .. var rest]:
        TrainingComparison.Run(Count(rest, 3));
        return 0;
    case ["ranks", .. var rest]:
        RankComparison.Run(Count(rest, 3));
        return 0;
    case ["rank", var network, var way]:
        RankComparison.Work(network, way);
        return 0;
    default:
        Console.Error.WriteLine("usage: export [REPETITIONS], training [ROUNDS] or ranks [ROUNDS]");
        return 2;
}

static int Count(string[] rest, int fallback) => rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : fallback;
