// Measures samples/PhotoSearch. The figures stand in samples/PhotoSearch/README.md.
//
//   dotnet run -c Release --project benchmarks/PhotoSearch.Benchmarks -- scale [PHOTOGRAPHS] [MODEL]
//   dotnet run -c Release --project benchmarks/PhotoSearch.Benchmarks -- load ADDRESS [SECONDS] [CLIENTS] [PROCESS]
//   dotnet run -c Release --project benchmarks/PhotoSearch.Benchmarks -- map DATA

using System.Globalization;
using PhotoSearch.Benchmarks;

string? Argument(int place) => args.Length > place ? args[place] : null;
int Number(int place, int otherwise) => Argument(place) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

switch (Argument(0))
{
    case "scale":
        await Scale.RunAsync(Number(1, 100_000), Argument(2));
        return 0;
    case "load" when Argument(1) is { } address:
        return await Load.RunAsync(new Uri(address), TimeSpan.FromSeconds(Number(2, 300)), Number(3, 64), Argument(4) is null ? null : Number(4, 0));
    case "map" when Argument(1) is { } data:
        Neighbours.Run(data);
        return 0;
    default:
        Console.Error.WriteLine("Usage: scale [PHOTOGRAPHS] [MODEL], load ADDRESS [SECONDS] [CLIENTS] [PROCESS], or map DATA");
        return 2;
}
