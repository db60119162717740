using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Makes libtorch load before the first test touches it.</summary>
internal static class TorchSetup
{
    [ModuleInitializer]
    internal static void Prepare() => TorchRuntime.Prepare();
}
