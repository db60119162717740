using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>The device that a network is trained on, by its name.</summary>
internal static class TrainingDevice
{
    public const string Processor = "cpu";

    private const string Cuda = "cuda";

    /// <summary>The number of the GPU that a name says, as "cuda" or "cuda:1"; null for "cpu". Does not touch libtorch, which may have to be prepared first.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static int? GpuOf(string name)
    {
        if (name == Processor)
        {
            return null;
        }
        string number = name.StartsWith(Cuda + ":", StringComparison.Ordinal) ? name[(Cuda.Length + 1)..] : name == Cuda ? "0" : "";
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index
            : throw new ArgumentException($"The device is '{name}'. Expected \"cpu\", \"cuda\" (the first GPU) or \"cuda:N\" (the GPU number N, from 0).", nameof(name));
    }

    /// <summary>libtorch's device of a name.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static Device Parse(string name) => GpuOf(name) is { } index ? new Device(DeviceType.CUDA, index) : CPU;

    /// <summary>Checks that there is such a device before anything is read for it.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none; the message says what is missing.</exception>
    public static void Require(string name) => Require(name, () => cuda.is_available(), () => cuda.device_count());

    /// <inheritdoc cref="Require(string)"/>
    /// <param name="name">The device.</param>
    /// <param name="isAvailable">Whether libtorch computes on GPUs here. It throws where libtorch is not made for them.</param>
    /// <param name="count">How many GPUs there are.</param>
    internal static void Require(string name, Func<bool> isAvailable, Func<int> count)
    {
        if (GpuOf(name) is not { } index)
        {
            return;
        }
        bool available;
        Exception? cause = null;
        try
        {
            available = isAvailable();
        }
        catch (Exception e)
        {
            (available, cause) = (false, e);
        }
        if (!available)
        {
            string package = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "TorchSharp-cuda-windows" : "TorchSharp-cuda-linux";
            throw new PlatformNotSupportedException(
                $"The device is '{name}', but libtorch finds no GPU here. Training on one needs the package {package} in the place of TorchSharp-cpu (there is none for macOS), an NVIDIA GPU and its driver. With Device = \"{Processor}\" it runs without.{(cause is null ? "" : $" libtorch says: {cause.Message}")}", cause);
        }
        if (index >= count())
        {
            throw new PlatformNotSupportedException($"The device is '{name}', but there {(count() == 1 ? "is 1 GPU, 'cuda:0'" : $"are {count()} GPUs, 'cuda:0' to 'cuda:{count() - 1}'")}.");
        }
    }
}
