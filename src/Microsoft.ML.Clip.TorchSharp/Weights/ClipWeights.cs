using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Reads and writes the weights of CLIP models as safetensors files, under OpenAI's names and under those of Hugging Face's CLIPModel, so that fine-tuning can
/// start from a released model and its result go back.
/// </summary>
/// <remarks>Thread-safe. Files are not trusted: every claim of a header is checked before it is followed.</remarks>
public static class ClipWeights
{
    /// <summary>Reads the parameters of a model.</summary>
    /// <param name="path">
    /// A safetensors file, an index of several (<c>model.safetensors.index.json</c>), or a model directory that holds <c>model.safetensors</c>, such
    /// an index, or <c>open_clip_model.safetensors</c>. The file's names tell whether they are OpenAI's or Hugging Face's. Weights may be F32, F16, BF16
    /// or F64.
    /// </param>
    /// <param name="architecture">The sizes of the model; see <see cref="ReadArchitecture"/>.</param>
    /// <returns>Every parameter of the architecture by OpenAI's name, float32, on the CPU. The tensors are the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The architecture contradicts itself.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is malformed or truncated; a parameter is missing, has another shape, or holds NaN or infinity; or there are parameters that the
    /// architecture does not have. The message names the file and the parameter.
    /// </exception>
    /// <exception cref="NotSupportedException">The names are Hugging Face's, but the architecture is none of CLIPModel's.</exception>
    public static IReadOnlyDictionary<string, Tensor> Load(string path, ClipArchitecture architecture)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(architecture);
        architecture.Validate();
        var file = ClipWeightFile.Open(path);
        var shapes = ParameterShapes.Of(architecture);
        file.RejectOthers(shapes.Keys);
        ClipTorchRuntime.Prepare();
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            foreach (var (name, shape) in shapes)
            {
                weights.Add(name, tensor(file.Read(name, shape).Values, [.. shape.Select(s => (long)s)]));
            }
            return weights;
        }
        catch
        {
            foreach (var tensor in weights.Values)
            {
                tensor.Dispose();
            }
            throw;
        }
    }

    /// <summary>
    /// Tells the architecture of a released model from the shapes of its parameters, as OpenAI's <c>build_model</c> does. What no shape tells is taken from
    /// the files beside the weights: config.json (heads, activation; as transformers read it, what it leaves out has their defaults), else
    /// open_clip_config.json (GELU unless it says otherwise), and preprocessor_config.json (mean and deviation of the pixels). Without them it is
    /// OpenAI's: heads of 64 channels, QuickGELU. Networks that only this library has are told by the config.json that it writes.
    /// </summary>
    /// <param name="path">As in <see cref="Load"/>.</param>
    /// <returns>An architecture of OpenAI's kind: a Vision Transformer or a modified ResNet of bottlenecks with attention pooling, and a text
    /// Transformer.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, or the parameters are not those of such a model; the message names what is missing.</exception>
    /// <exception cref="NotSupportedException">config.json says that it is a model of another kind, as SigLIP; the message names it.</exception>
    public static ClipArchitecture ReadArchitecture(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ArchitectureReader.Read(ClipWeightFile.Open(path));
    }

    /// <summary>Writes the parameters of a model as one safetensors file, float32. The file appears whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="architecture">The sizes of the model.</param>
    /// <param name="weights">Its parameters by OpenAI's names; further ones are left out.</param>
    /// <param name="names">The names that the file uses.</param>
    /// <exception cref="ArgumentException">The architecture contradicts itself, or a parameter is missing, has another shape or is not finite.</exception>
    /// <exception cref="NotSupportedException">Hugging Face's names were asked for, but the architecture is none of CLIPModel's.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, ClipArchitecture architecture, IReadOnlyDictionary<string, Tensor> weights,
        ClipWeightNames names = ClipWeightNames.OpenAI)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(weights);
        Require.Defined<ClipWeightNames>(names, nameof(names));
        architecture.Validate();
        var table = new WeightTable(architecture, weights);
        var tensors = ParameterShapes.Of(architecture).Keys.SelectMany(name =>
            names == ClipWeightNames.OpenAI ? [table[name]] : InHuggingFaceNames(table[name]));
        WeightTensor.Write(path, [.. tensors]);
    }

    private static IEnumerable<WeightTensor> InHuggingFaceNames(WeightTensor weight)
    {
        var (names, transposed) = HuggingFaceNames.Of(weight.Name);
        if (names.Length == 1)
        {
            yield return (transposed ? weight.Transposed() : weight) with { Name = names[0] };
            yield break;
        }
        int length = weight.Values.Length / names.Length;
        for (int i = 0; i < names.Length; i++)
        {
            yield return new WeightTensor(names[i], weight.Values[(i * length)..((i + 1) * length)], [weight.Shape[0] / names.Length, .. weight.Shape[1..]]);
        }
    }
}
