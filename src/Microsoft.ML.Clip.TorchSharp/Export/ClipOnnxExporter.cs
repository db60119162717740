using System.Globalization;
using Google.Protobuf;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// Writes a CLIP model as the directory of ONNX files and settings that <see cref="ClipModel.Load(string, ClipModelOptions?)"/>, Hugging Face's Optimum and
/// transformers.js read.
/// </summary>
/// <remarks>
/// <para>Written are:</para>
/// <list type="bullet">
/// <item><c>onnx/vision_model.onnx</c>: <c>pixel_values</c>, float32 [N, 3, S, S], to <c>image_embeds</c>, float32 [N, joint], I_f · W_i without normalisation,
/// and <c>pooler_output</c>, float32 [N, width], I_f: the class token after the last norm of a Vision Transformer; for a modified ResNet what the
/// pooling gives, which with attention pooling is its heads side by side, before <c>attnpool.c_proj</c> (OpenAI's code counts that layer to the pooling;
/// it is W_i).</item>
/// <item><c>onnx/text_model.onnx</c>: <c>input_ids</c>, int64 [N, L] with L up to the context length, to <c>text_embeds</c>, float32 [N, joint], T_f
/// · W_t without normalisation, read at the first end token.</item>
/// <item><c>config.json</c>, <c>preprocessor_config.json</c> and the files of the tokenizer.</item>
/// </list>
/// <para>The batch size is dynamic, the operator set is 17. Batch norms are folded into their convolutions. exp(t) is recorded as <c>logit_scale</c>
/// in both ONNX files' metadata and in config.json, where <see cref="ClipModel.LogitScale"/> finds it.</para>
/// <para>Each file appears whole or not at all: it is written under another name first, so a full disk leaves the old one. Thread-safe as long as no two calls
/// write to one directory. Weights stay the caller's and are only read; tensors may lie on any device and have any floating-point type.</para>
/// </remarks>
public static partial class ClipOnnxExporter
{
    /// <summary>Writes a model with a vocabulary that was made for it.</summary>
    /// <param name="architecture">The sizes of the model.</param>
    /// <param name="weights">Its parameters by OpenAI's names, running statistics of batch norms among them; further ones are not looked at.</param>
    /// <param name="vocabulary">The vocabulary that it was trained with.</param>
    /// <param name="directory">Where the model goes; made if it does not exist. Files of the same names are replaced.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// A parameter is missing, has another shape than the architecture's, or is not finite; the vocabulary does not fit the architecture; or an
    /// option is malformed.
    /// </exception>
    /// <exception cref="InvalidOperationException">A tower exceeds the 2 GB that one ONNX file can hold.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Export(
        ClipArchitecture architecture, IReadOnlyDictionary<string, Tensor> weights, ClipVocabulary vocabulary, string directory,
        ClipOnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        var tokenizer = vocabulary.CreateTokenizer();
        Export(architecture, weights, tokenizer, directory, options,
            scale => WriteSettings(architecture, tokenizer, scale, directory, () => vocabulary.Save(directory)));
    }

    /// <summary>Writes a model with the tokenizer of another, as after fine-tuning.</summary>
    /// <param name="architecture">The sizes of the model.</param>
    /// <param name="weights">Its parameters by OpenAI's names, running statistics of batch norms among them; further ones are not looked at.</param>
    /// <param name="tokenizerDirectory">
    /// A directory that <see cref="ClipTokenizer.Load(string, ClipTokenizerOptions?)"/> reads. The files of the tokenizer are copied from it.
    /// </param>
    /// <param name="directory">Where the model goes; made if it does not exist. Files of the same names are replaced.</param>
    /// <param name="options">Choices, or <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// A parameter is missing, has another shape than the architecture's, or is not finite; the tokenizer does not fit the architecture; or an
    /// option is malformed.
    /// </exception>
    /// <exception cref="DirectoryNotFoundException"><paramref name="tokenizerDirectory"/> does not exist.</exception>
    /// <exception cref="FileNotFoundException">It holds no tokenizer.</exception>
    /// <exception cref="InvalidDataException">A file of the tokenizer is malformed.</exception>
    /// <exception cref="InvalidOperationException">A tower exceeds the 2 GB that one ONNX file can hold.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Export(
        ClipArchitecture architecture, IReadOnlyDictionary<string, Tensor> weights, string tokenizerDirectory, string directory,
        ClipOnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(tokenizerDirectory);
        var source = new DirectoryModelFiles(tokenizerDirectory).Recording();
        var tokenizer = ClipTokenizer.Load(source, ClipTokenizerOptions.Default);
        Export(architecture, weights, tokenizer, directory, options,
            scale => WriteSettings(architecture, tokenizer, scale, directory, () => TokenizerCopy.Write(source, directory)));
    }

    private static void Export(
        ClipArchitecture architecture, IReadOnlyDictionary<string, Tensor> weights, ClipTokenizer tokenizer, string directory,
        ClipOnnxExportOptions? options, Action<double> writeSettings)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new();
        options.Validate();
        architecture.Validate();
        CheckTokenizer(architecture, tokenizer);
        var table = new WeightTable(architecture, weights);
        float t = table[ParameterNames.LogitScale].Values[0];
        double logitScale = Math.Exp(t);
        if (!double.IsFinite(logitScale) || logitScale == 0)
        {
            throw new ArgumentException($"The parameter '{ParameterNames.LogitScale}' is {t}, and its exponential {logitScale}; that is no factor for cosines.", nameof(weights));
        }
        KeyValuePair<string, string>[] metadata = [new(LogitScaleFinder.RecordedKey, logitScale.ToString("R", CultureInfo.InvariantCulture))];
        string suffix = options.Variant.Length > 0 ? "_" + options.Variant.TrimStart('_') : "";
        // All that can fail for the model's sake has happened before the first file is written.
        var image = ImageGraph.Build(architecture, table, options.Precision).Build(metadata);
        var text = TextGraph.Build(architecture, table, options.Precision).Build(metadata);
        string onnx = Directory.CreateDirectory(Path.Combine(directory, KnownFiles.OnnxFolder)).FullName;
        Write(Path.Combine(onnx, KnownFiles.ImageTower + suffix + KnownFiles.OnnxExtension), image);
        Write(Path.Combine(onnx, KnownFiles.TextTower + suffix + KnownFiles.OnnxExtension), text);
        writeSettings(logitScale);
    }

    /// <summary>Writes what a model has beside its weights.</summary>
    internal static void WriteSettings(ClipArchitecture architecture, ClipTokenizer tokenizer, double logitScale, string directory, Action writeTokenizer)
    {
        writeTokenizer();
        Write(Path.Combine(directory, KnownFiles.Configuration), ModelConfiguration.Model(architecture, tokenizer, logitScale));
        Write(Path.Combine(directory, KnownFiles.Preprocessor), ModelConfiguration.Preprocessor(architecture));
    }

    private static void Write(string path, byte[] content) => WholeFile.Write(path, stream => stream.Write(content));

    private static void Write(string path, IMessage model) => WholeFile.Write(path, stream =>
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        model.WriteTo(output);
    });

    /// <summary>Checks that a tokenizer and a network belong together.</summary>
    /// <exception cref="ArgumentException">They do not; the message gives both numbers.</exception>
    internal static void CheckTokenizer(ClipArchitecture architecture, ClipTokenizer tokenizer)
    {
        int highest = tokenizer.Vocabulary.Values.Max();
        if (highest >= architecture.VocabularySize)
        {
            throw new ArgumentException($"The vocabulary has ids up to {highest}, but the architecture has embeddings for {architecture.VocabularySize} tokens only.", nameof(tokenizer));
        }
        if (tokenizer.EndOfTextId != architecture.EndOfTextId)
        {
            throw new ArgumentException($"The vocabulary ends texts with id {tokenizer.EndOfTextId}, but the architecture reads texts at id {architecture.EndOfTextId}.", nameof(tokenizer));
        }
        if (tokenizer.ContextLength != architecture.ContextLength)
        {
            throw new ArgumentException($"The vocabulary is for texts of {tokenizer.ContextLength} tokens ('model_max_length' of tokenizer_config.json, or 77), the architecture for {architecture.ContextLength}.", nameof(tokenizer));
        }
    }
}
