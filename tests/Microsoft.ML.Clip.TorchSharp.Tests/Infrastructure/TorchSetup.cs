using System.Runtime.CompilerServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Makes libtorch load before the first test touches it, with one thread: on networks this small its threads wait for each other more than they work.
/// </summary>
internal static class TorchSetup
{
    [ModuleInitializer]
    internal static void Prepare()
    {
        ClipTorchRuntime.Prepare();
        TorchSharp.torch.set_num_threads(1);
    }
}
