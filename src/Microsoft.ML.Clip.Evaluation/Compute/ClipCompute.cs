using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>
/// What a model's image tower costs: the x axis of figures 9 and 10 of Radford et al. 2021, where it is GFLOPs for each image. Counted from what ONNX
/// Runtime does
/// when it embeds one image, without its optimisations. Immutable.
/// </summary>
/// <remarks>
/// <para>Counted are products of matrices and convolutions. Additions, activations, norms and softmax go through values one by one and count for nothing,
/// as in the
/// papers' tables; they are a hundredth or two of a tower.</para>
/// <para>A multiply-add is one operation, which is the papers' GFLOPs: 4.4 for ViT-B/32 at 224 pixels. Hardware vendors count it as two.</para>
/// </remarks>
public sealed record ClipCompute
{
    // kOrtSessionOptionsConfigDisablePrepacking: weights in a layout of the kernel's own are no longer seen as weights.
    private const string DisablePrepacking = "session.disable_prepacking";

    /// <summary>
    /// How many weights the tower has, its projection included; of quantised weights with their scales and zero points. Single numbers, such as those within
    /// activations, do not count; a weight that two operations share counts twice.
    /// </summary>
    public required long Parameters { get; init; }

    /// <summary>What one image costs, in multiply-adds.</summary>
    public required long MultiplyAdds { get; init; }

    /// <summary>The same in billions: GFLOPs as papers have it.</summary>
    public double GigaFlops => MultiplyAdds / 1e9;

    /// <summary>The operations, the dearest first.</summary>
    public required IReadOnlyList<ClipOperationCount> Operations { get; init; }

    /// <summary>Operations that are not known here, so that what they cost is missing from <see cref="MultiplyAdds"/>; empty for all usual exports.</summary>
    public required IReadOnlyList<string> Unknown { get; init; }

    /// <summary>Counts a model in a directory.</summary>
    /// <param name="directory">The directory, as for <see cref="ClipModel.Load"/>.</param>
    /// <param name="options">Choices, the variant among them; session options are replaced. <see langword="null"/> for the defaults.</param>
    /// <returns>The count, for images of the size that the model takes.</returns>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or ONNX Runtime failed, or wrote nothing down.</exception>
    /// <inheritdoc cref="ClipModel.Load" path="/exception"/>
    public static ClipCompute OfImages(string directory, ClipModelOptions? options = null) => OfImages(own => ClipModel.Load(directory, own), options);

    /// <summary>Counts a model from anywhere.</summary>
    /// <param name="load">Loads it with options: <c>options => ClipModel.FromHub(id, options: options)</c>. It is disposed here.</param>
    /// <param name="options">Choices; session options are replaced. <see langword="null"/> for the defaults.</param>
    /// <returns>The count, for images of the size that the model takes.</returns>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or ONNX Runtime failed, or wrote nothing down.</exception>
    public static ClipCompute OfImages(Func<ClipModelOptions, ClipModel> load, ClipModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(load);
        var folder = Directory.CreateTempSubdirectory("clip-compute-");
        try
        {
            int sessions = 0;
            // What a session did is written when it is disposed.
            using (var model = load((options ?? new()) with { CreateSessionOptions = () => Profiling(folder.FullName, Interlocked.Increment(ref sessions)) }))
            {
                model.WarmUp(images: true, texts: false);
            }
            var runs = folder.GetFiles().Select(f => SessionProfile.Read(f.FullName)).OfType<ClipCompute>().ToArray();
            return runs.MaxBy(r => r.MultiplyAdds) ?? throw new InvalidOperationException("ONNX Runtime wrote nothing down of what it computed.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static SessionOptions Profiling(string folder, int session)
    {
        var options = new SessionOptions
        {
            // First where to, as the second line takes what is there.
            ProfileOutputPathPrefix = Path.Combine(folder, FormattableString.Invariant($"session{session}")),
            EnableProfiling = true,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry(DisablePrepacking, "1");
        return options;
    }

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
