using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>The decoders that callers gave an <see cref="MLContext"/> for the models that it loads. Thread-safe.</summary>
internal static class GivenDecoders
{
    // By the catalog of components, for the reason given at AllowedDirectories.
    private static readonly ConditionalWeakTable<ComponentCatalog, ClipImageDecoder> Given = [];

    /// <summary>Gives a decoder, or takes the last one back.</summary>
    public static void Set(ComponentCatalog context, ClipImageDecoder? decoder)
    {
        if (decoder is null)
        {
            Given.Remove(context);
        }
        else
        {
            Given.AddOrUpdate(context, decoder);
        }
    }

    /// <summary>What was given last; null if nothing.</summary>
    public static ClipImageDecoder? Of(ComponentCatalog context) => Given.TryGetValue(context, out var decoder) ? decoder : null;
}
