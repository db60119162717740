using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What the encoders run on, what is said about it, and what happens where the GPU asked for is not there (as on the machines that test).</summary>
public sealed class ExecutionProviderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ExecutionProviderTests() => TinyClip.WriteTo(_directory);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void EncodeTexts_OnTheCpu_SaysSo()
    {
        using var clip = ClipModel.Load(_directory);
        var messages = Listen(clip);

        clip.EncodeTexts(["a cat"]);

        var message = Assert.Single(messages);
        Assert.Equal(ClipModelMessageKind.Information, message.Kind);
        Assert.Contains("text encoder 'onnx/text_model.onnx'", message.Text, StringComparison.Ordinal);
        Assert.Contains("CPUExecutionProvider", message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeTexts_NoGpu_WarnsAndRunsOnTheCpu()
    {
        using var clip = ClipModel.Load(_directory, new() { GpuDeviceId = 0 });
        var messages = Listen(clip);

        float[][] onGpu = clip.EncodeTexts(["a cat"]);

        using var plain = ClipModel.Load(_directory);
        Assert.Equal(plain.EncodeTexts(["a cat"]), onGpu);
        var warning = Assert.Single(messages, m => m.Kind == ClipModelMessageKind.Warning);
        Assert.Contains("falls back to the CPU: GPU 0 cannot be used", warning.Text, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeTexts_NoGpuAndNoFallback_Throws()
    {
        using var clip = ClipModel.Load(_directory, new() { GpuDeviceId = 0, FallbackToCpu = false });

        string message = Assert.Throws<InvalidOperationException>(() => clip.EncodeTexts(["a cat"])).Message;

        Assert.Contains("GPU 0", message, StringComparison.Ordinal);
        // The same advice as where it falls back.
        Assert.Contains("reference Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_GpuOfTheMLContext_IsAskedForAndTheFallbackIsLogged()
    {
        using var clip = ClipModel.Load(_directory);
        var ml = new MLContext { GpuDeviceId = 0, FallbackToCpu = true };
        var log = new List<string>();
        ml.Log += (_, e) => { lock (log) { log.Add($"{e.Kind}: {e.Message}"); } };
        var data = ml.Data.LoadFromEnumerable([new StepRow { Text = "a cat" }]);

        float[][] rows = ml.Transforms.ClipTextEmbedding("Output", "Text", clip).Fit(data).Transform(data).GetColumnOf("Output");

        Assert.Single(rows);
        Assert.Contains(log, m => m.StartsWith("Warning", StringComparison.Ordinal) && m.Contains("falls back to the CPU", StringComparison.Ordinal));
        Assert.Contains(log, m => m.Contains("runs on CPUExecutionProvider", StringComparison.Ordinal));
    }

    [Fact]
    public void CreateSessionOptions_IsUsedForEverySession()
    {
        int made = 0;
        using var clip = ClipModel.Load(_directory, new()
        {
            CreateSessionOptions = () =>
            {
                made++;
                return new SessionOptions { IntraOpNumThreads = 1 };
            },
        });

        clip.EncodeTexts(["a cat"]);
        clip.EncodePixels(Rows.Of(new float[3 * 8 * 8], 1), ClipFeatures.JointEmbedding, false, Rows.Of(new float[6], 1));

        Assert.Equal(2, made);
    }

    [Fact]
    public void Load_OpensNoSession()
    {
        using var clip = ClipModel.Load(_directory, new() { CreateSessionOptions = () => throw new NotSupportedException("opened") });

        Assert.Equal((6, 8, 16), (clip.EmbeddingDimension, clip.ImageSize, clip.ContextLength));
        Assert.Throws<NotSupportedException>(() => clip.EncodeTexts(["a cat"]));
    }

    [Fact]
    public void Fit_ZeroShotAndGpuOfTheMLContext_IsAskedForThePromptsToo()
    {
        using var clip = ClipModel.Load(_directory);
        var ml = new MLContext { GpuDeviceId = 0, FallbackToCpu = false };
        var data = ml.Data.LoadFromEnumerable([new { Path = "" }]);

        // The prompts are embedded by Fit, before there is a transformer.
        var error = Assert.Throws<InvalidOperationException>(() => ml.Transforms.ClipZeroShotClassification("Path", clip, ["cat", "dog"]).Fit(data));

        Assert.Contains("The text encoder cannot run on GPU 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FreshProcess_WithoutTheNativeRuntime_NamesBothPackages()
    {
        string error = RunWithoutNativeRuntime();

        Assert.Contains("The native ONNX Runtime could not be loaded: there is no ", error, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA), the newest there is of version ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("but this process runs on", error, StringComparison.Ordinal);
    }

    [Fact]
    public void FreshProcess_NativeRuntimeOfAnotherPlatform_NamesBoth()
    {
        // As on a Linux with musl.
        string error = RunWithoutNativeRuntime(application => Write(application, "runtimes/plan9-x64/native/libonnxruntime.so"));

        Assert.Contains($"The application carries it for plan9-x64, but this process runs on {RuntimeInformation.RuntimeIdentifier}.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void FreshProcess_NativeRuntimeThatCannotBeLoaded_GivesTheLoadersWords()
    {
        string name = OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so", file = "";
        string error = RunWithoutNativeRuntime(application => file = Write(application, $"runtimes/{RuntimeInformation.RuntimeIdentifier}/native/{name}"));

        Assert.Contains($"The native ONNX Runtime '{file}' is there but cannot be loaded. The loader says: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("add a reference", error, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains("file too short", error, StringComparison.Ordinal);
        }
    }

    private static string Write(string application, string relativePath)
    {
        string path = Path.Combine(application, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "not code");
        return path;
    }

    /// <summary>What a program says that finds no native ONNX Runtime, or what it is given instead.</summary>
    private string RunWithoutNativeRuntime(Action<string>? change = null)
    {
        using var clip = ClipModel.Load(_directory);
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new StepRow { Text = "a cat" }]);
        string file = _directory.Combine("model.zip");
        ml.Model.Save(ml.Transforms.ClipTextEmbedding("Output", "Text", clip).Fit(data), data.Schema, file);
        string application = CopyWithoutNativeRuntime(Path.GetDirectoryName(BuildFacts.FreshProcess)!);
        change?.Invoke(application);

        var (code, _, error) = Processes.RunDotnet([Path.Combine(application, Path.GetFileName(BuildFacts.FreshProcess)), file, "Text", "Output", "a cat"]);

        Assert.NotEqual(0, code);
        return error;
    }

    private string CopyWithoutNativeRuntime(string source)
    {
        string target = _directory.Combine("application");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetFileName(file);
            // Of every platform.
            if (name.Contains("onnxruntime", StringComparison.Ordinal))
            {
                continue;
            }
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return target;
    }

    private static List<ClipModelMessage> Listen(ClipModel clip)
    {
        var messages = new List<ClipModelMessage>();
        clip.Message += (_, m) => messages.Add(m);
        return messages;
    }
}
