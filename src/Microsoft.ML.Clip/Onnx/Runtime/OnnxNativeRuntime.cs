namespace Microsoft.ML.Clip;

/// <summary>
/// The native half of ONNX Runtime, which the application chooses and references itself, as with ML.NET's own ONNX transforms.
/// </summary>
internal static class OnnxNativeRuntime
{
    private static readonly Lock Gate = new();

    /// <summary>Where tensors lie. They are often made before the first session is, so this may be what touches the native library first.</summary>
    /// <exception cref="InvalidOperationException">The native library is missing, or is of another version than the managed one.</exception>
    public static OnnxRuntime.OrtMemoryInfo CpuMemory => Require(static () => OnnxRuntime.OrtMemoryInfo.DefaultInstance);

    /// <summary>Runs the first thing that touches the native library, and says what to do where there is none.</summary>
    /// <exception cref="InvalidOperationException">The native library is missing, or is of another version than the managed one.</exception>
    public static T Require<T>(Func<T> touch)
    {
        try
        {
            BeQuiet();
            return touch();
        }
        catch (Exception e) when (IsMissing(e))
        {
            throw new InvalidOperationException(
                "The native ONNX Runtime could not be loaded. Microsoft.ML.Clip leaves its choice to the application: add a reference to the NuGet package " +
                "Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA) " +
                $"of version {typeof(OnnxRuntime.InferenceSession).Assembly.GetName().Version?.ToString(3)}, which fits the managed part in use. Cause: {Root(e).Message}", e);
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

    private static bool IsMissing(Exception e) =>
        e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException
            || (e is TypeInitializationException && e.InnerException is { } inner && (IsMissing(inner) || inner is NullReferenceException));

    private static Exception Root(Exception e) => e.InnerException is { } inner ? Root(inner) : e;
}
