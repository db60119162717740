using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>
/// The native half of ONNX Runtime, which the application chooses and references itself, as with ML.NET's own ONNX transforms.
/// </summary>
internal static class OnnxNativeRuntime
{
    private static readonly Lock Gate = new();
    private static int _isLoading;

    /// <summary>Where tensors lie. They are often made before the first session is, so this may be what touches the native library first.</summary>
    /// <exception cref="InvalidOperationException">The native library is missing, cannot be loaded, or is of another version than the managed one.</exception>
    public static OnnxRuntime.OrtMemoryInfo CpuMemory => Require(static () => OnnxRuntime.OrtMemoryInfo.DefaultInstance);

    /// <summary>Whether the native library is one that was built for CUDA: that of Microsoft.ML.OnnxRuntime.Gpu.</summary>
    public static bool IsBuiltForCuda => Require(static () => OnnxRuntime.OrtEnv.Instance().GetAvailableProviders()).Contains("CUDAExecutionProvider");

    private static string FileName => OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so";

    private static string PerPlatform => Path.Combine(AppContext.BaseDirectory, "runtimes");

    /// <summary>
    /// Begins to load the native library on another thread, once: a twentieth of a second that reading a model's files takes as well. It makes no environment
    /// of ONNX Runtime, which the application may still want to do. What is wrong with the library is told where it is needed.
    /// </summary>
    public static void LoadAhead()
    {
        if (Interlocked.Exchange(ref _isLoading, 1) == 0)
        {
            Background.Run(static () => _ = OnnxRuntime.OrtMemoryInfo.DefaultInstance);
        }
    }

    /// <summary>Runs the first thing that touches the native library, and says what to do where it cannot be used.</summary>
    /// <exception cref="InvalidOperationException">The native library is missing, cannot be loaded, or is of another version than the managed one.</exception>
    public static T Require<T>(Func<T> touch)
    {
        try
        {
            BeQuiet();
            return touch();
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new InvalidOperationException($"{Explain()} Cause: {Root(e).Message}", e);
        }
    }

    /// <summary>
    /// ONNX Runtime writes warnings (of initializers that no node uses, of devices that it did not find) to the error output of the application. Its
    /// environment is the process's: an application that wants them makes it first (<c>OrtEnv.CreateInstanceWithOptions</c>).
    /// </summary>
    private static void BeQuiet()
    {
        lock (Gate)
        {
            if (OnnxRuntime.OrtEnv.IsCreated)
            {
                return;
            }
            var options = new OnnxRuntime.EnvironmentCreationOptions
            {
                logId = "Microsoft.ML.Clip",
                logLevel = OnnxRuntime.OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            try
            {
                OnnxRuntime.OrtEnv.CreateInstanceWithOptions(ref options);
            }
            catch (OnnxRuntime.OnnxRuntimeException)
            {
                // The application was quicker, and it decides.
            }
        }
    }

    /// <summary>What is wrong and what to do: the file is not there, the loader does not take it, or it is another version's.</summary>
    private static string Explain()
    {
        if (Places().FirstOrDefault(File.Exists) is { } file)
        {
            return LoaderWords(file) is { } words
                ? $"The native ONNX Runtime '{file}' is there but cannot be loaded. The loader says: {words} The file has to be whole and for {RuntimeInformation.RuntimeIdentifier}, "
                    + "and what it links has to be installed: on Linux glibc (not musl), on Windows the Visual C++ runtime."
                : $"The native ONNX Runtime '{file}' does not fit the managed part in use. Reference {Packages}";
        }
        string[] others = [.. OtherPlatforms()];
        string found = others.Length == 0 ? "" : $"The application carries it for {string.Join(", ", others)}, but this process runs on {RuntimeInformation.RuntimeIdentifier}. ";
        return $"The native ONNX Runtime could not be loaded: there is no {FileName}. {found}Microsoft.ML.Clip leaves its choice to the application: add a reference to {Packages}";
    }

    // The two packages do not share every patch: there is a 1.31.1 of the first and of the managed part, but not of the second.
    private static string Packages
    {
        get
        {
            var version = typeof(OnnxRuntime.InferenceSession).Assembly.GetName().Version!;
            return "the NuGet package Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA), "
                + $"the newest there is of version {version.ToString(2)}: the managed part in use is {version.ToString(3)}.";
        }
    }

    /// <summary>Where .NET and ONNX Runtime look for the file.</summary>
    private static IEnumerable<string> Places()
    {
        string[] directories = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return directories.Append(AppContext.BaseDirectory).Append(Path.Combine(PerPlatform, RuntimeInformation.RuntimeIdentifier, "native"))
            .Select(d => Path.Combine(d, FileName));
    }

    // For a message about something else: what cannot be listed is left out.
    private static IEnumerable<string> OtherPlatforms() => !CanList(PerPlatform) ? [] : Directory.GetDirectories(PerPlatform)
        .Where(d => Path.Combine(d, "native") is var native && CanList(native) && Directory.EnumerateFiles(native, "*onnxruntime*").Any())
        .Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal);

    private static bool CanList(string path) => Folders.Problem(path) is null && Directory.Exists(path);

    private static string? LoaderWords(string file)
    {
        try
        {
            NativeLibrary.Load(file);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            // .NET's own first sentence is advice on environment variables.
            return e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1].TrimEnd('.') + ".";
        }
    }

    // The class that holds ONNX Runtime's functions looks all of them up when it is first touched, and whatever fails there comes in this exception.
    private static bool IsUnusable(Exception e) =>
        e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException
            || (e is TypeInitializationException && e.InnerException is { } inner
                && (IsUnusable(inner) || inner is NullReferenceException or OnnxRuntime.OnnxRuntimeException or NotSupportedException));

    private static Exception Root(Exception e) => e.InnerException is { } inner ? Root(inner) : e;
}
