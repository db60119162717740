using Microsoft.ML;
using Samples;

namespace LinearProbe;

/// <summary>The rows whose image could be read.</summary>
internal static class ReadableRows
{
    /// <summary>Leaves out the rows whose features are NaN, and names their files.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="embedded">Photographs with features.</param>
    /// <param name="use">What they are for.</param>
    public static IDataView Of(MLContext ml, IDataView embedded, string use)
    {
        EmbeddedPhotograph[] all = [.. ml.Data.CreateEnumerable<EmbeddedPhotograph>(embedded, reuseRowObject: false)];
        EmbeddedPhotograph[] bad = [.. all.Where(p => p.Features.Any(float.IsNaN))];
        foreach (var photograph in bad)
        {
            Console.WriteLine($"Cannot be read, and is left out: {Printed.OneLine(photograph.Path)}");
        }
        Console.WriteLine($"Images for {use}: {all.Length - bad.Length}{(bad.Length == 0 ? "" : $" of {all.Length}")}");
        return bad.Length == 0 ? embedded : ml.Data.FilterRowsByMissingValues(embedded, "Features");
    }
}
