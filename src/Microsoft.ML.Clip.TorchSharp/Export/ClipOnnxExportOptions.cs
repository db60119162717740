namespace Microsoft.ML.Clip;

/// <summary>How <see cref="ClipOnnxExporter"/> writes a model.</summary>
public sealed record ClipOnnxExportOptions
{
    /// <summary>How weights are stored.</summary>
    /// <value>The default is <see cref="ClipWeightPrecision.Float32"/>.</value>
    public ClipWeightPrecision Precision { get; init; } = ClipWeightPrecision.Float32;

    /// <summary>
    /// Appended to the names of the ONNX files with an underscore: <c>fp16</c> gives <c>vision_model_fp16.onnx</c>. So several exports may share a directory,
    /// and <see cref="ClipModelOptions.Variant"/> (or <c>dtype</c> in transformers.js) chooses.
    /// </summary>
    /// <value>The default is none: <c>vision_model.onnx</c>, what every reader takes first, whatever the precision.</value>
    public string Variant { get; init; } = "";

    internal void Validate()
    {
        Require.Defined<ClipWeightPrecision>(Precision, nameof(Precision));
        ArgumentNullException.ThrowIfNull(Variant);
        if (!Variant.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw new ArgumentException($"The variant '{Variant}' becomes part of file names: only letters, digits and underscores are allowed.", nameof(Variant));
        }
    }
}
