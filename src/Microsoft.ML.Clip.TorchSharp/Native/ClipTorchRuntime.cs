using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// Makes TorchSharp's native library load on Linux systems whose libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04). See
/// docs/adr/0005-native-library-fix.md.
/// </summary>
/// <remarks>
/// <see cref="ClipContrastiveTrainer"/> does this itself. An application that uses TorchSharp before calls <see cref="Prepare"/> first.
/// </remarks>
public static class ClipTorchRuntime
{
    private const string Library = "libLibTorchSharp.so";

    // TorchSharp 0.107.0 needs it only for std::ios_base_library_init(), which does nothing where it is missing.
    internal const string Version = "GLIBCXX_3.4.32";

    private static readonly Lazy<bool> Prepared = new(PrepareOnce);

    /// <summary>
    /// On Linux, where the system's libstdc++ lacks a version that TorchSharp's library asks for without using it, marks that need as weak in the copy of the
    /// library in the application's own folder. Elsewhere, and the second time, does nothing. Thread-safe.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">
    /// The library cannot load here and its copy cannot be changed: the message names the file, the version wanted and the version found. Or the
    /// application has no libtorch: it names the package.
    /// </exception>
    public static void Prepare() => _ = Prepared.Value;

    private static bool PrepareOnce()
    {
        OpenMpThreads.WaitAsleep();
        bool patched = PatchIfNeeded();
        try
        {
            Initialize();
        }
        catch (TypeInitializationException e)
        {
            throw new PlatformNotSupportedException(
                "libtorch, with which networks are computed, cannot be loaded. An application brings it: add the package TorchSharp-cpu, or TorchSharp-cuda-linux or TorchSharp-cuda-windows for NVIDIA's GPUs, in the version of TorchSharp. What was tried is in the inner exception.", e);
        }
        return patched;
    }

    /// <summary>Loads libtorch, in a method of its own so that nothing of it is touched before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Initialize() => _ = TorchSharp.torch.CPU;

    private static bool PatchIfNeeded()
    {
        if (!OperatingSystem.IsLinux() || FindLibrary() is not { } library || NewestVersionHere() is not { } newest || newest >= Number(Version))
        {
            return false;
        }
        return Patch(library, $"GLIBCXX_{newest}");
    }

    /// <summary>Marks the need as weak, in a copy that then takes the place of the file: a process that has the old one mapped keeps it.</summary>
    internal static bool Patch(string library, string found)
    {
        string temporary = $"{library}.{Environment.ProcessId}.tmp";
        try
        {
            byte[] file = File.ReadAllBytes(library);
            if (!new ElfVersionNeeds(file).MakeWeak(Version))
            {
                return false;
            }
            File.WriteAllBytes(temporary, file);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(library));
            }
            File.Move(temporary, library, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            File.Delete(temporary);
            throw new PlatformNotSupportedException(
                $"'{library}' wants {Version} of libstdc++.so.6 (GCC 13 or later), but this system has {found}, and the file cannot be changed so that it loads all the same: {e.Message}", e);
        }
    }

    /// <summary>The newest GLIBCXX version that the system's libstdc++ defines.</summary>
    internal static Version? NewestVersionHere()
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return null;
        }
        string? path = File.ReadLines("/proc/self/maps").Select(line => line.IndexOf('/') is var i and >= 0 ? line[i..] : "")
            .FirstOrDefault(p => Path.GetFileName(p).StartsWith("libstdc++.so.6", StringComparison.Ordinal));
        if (path is null)
        {
            return null;
        }
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        return System.Text.RegularExpressions.Regex.Matches(text, @"GLIBCXX_(\d+\.\d+(\.\d+)?)\0").Select(m => System.Version.Parse(m.Groups[1].Value)).Max();
    }

    private static Version Number(string version) => System.Version.Parse(version["GLIBCXX_".Length..]);

    private static string? FindLibrary() =>
        new[] { "", $"runtimes/linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}/native" }
            .Select(folder => Path.Combine(AppContext.BaseDirectory, folder, Library)).FirstOrDefault(File.Exists);
}
