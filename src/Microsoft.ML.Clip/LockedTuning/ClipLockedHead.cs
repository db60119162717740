namespace Microsoft.ML.Clip;

/// <summary>
/// What joins an image encoder and a text encoder that knew nothing of each other: two maps into one space, and exp(t), the factor between cosines and
/// logits. Learned by <see cref="ClipLockedTrainer"/>; the encoders stay as they are (locked-image tuning, Zhai et al. 2022, arXiv 2111.07991).
/// </summary>
/// <remarks>
/// Immutable and thread-safe. Features may be of any length: the head divides by it first, subtracts a mean and makes their length 1 again. Then a side is
/// nothing, a linear map, a linear map and a hidden layer beside it, or a linear map of φ(x) = exp(β (x · anchor - 1)) for a number of anchors; embeddings
/// have unit length.
/// </remarks>
public sealed class ClipLockedHead
{
    // exp(t) of models is 1 to some hundred; what is far beyond makes logits that are all alike, or no numbers.
    internal const float LeastLogitScale = 1e-6f, MostLogitScale = 1e6f;

    private readonly int _threads;

    internal ClipLockedHead(HeadSide image, HeadSide text, float logitScale, int? threads = null)
    {
        if (image.Dimension != text.Dimension)
        {
            throw new InvalidDataException($"The sides of a head must map into one space, but that of images has {image.Dimension} dimensions, that of texts {text.Dimension}.");
        }
        (Image, Text, LogitScale, _threads) = (image, text, logitScale, threads ?? PhysicalCores.Count);
    }

    /// <summary>How many values the features of an image have.</summary>
    public int ImageFeatureLength => Image.Features;

    /// <summary>How many values the features of a text have.</summary>
    public int TextFeatureLength => Text.Features;

    /// <summary>The length of an embedding.</summary>
    public int EmbeddingDimension => Image.Dimension;

    /// <summary>exp(t): logit = exp(t) · cosine.</summary>
    public float LogitScale { get; }

    internal HeadSide Image { get; }

    internal HeadSide Text { get; }

    /// <summary>Maps features of images into the joint space.</summary>
    /// <param name="features">Each of <see cref="ImageFeatureLength"/> values, as <see cref="ClipModel.EncodeImages(IReadOnlyList{string}, bool, IProgress{int}?,
    /// CancellationToken)"/> of the image tower gives them.</param>
    /// <returns>Embeddings of unit length, in the order of the features.</returns>
    /// <exception cref="ArgumentException">Features are null, of another length, or no numbers; the message gives their index.</exception>
    public float[][] EmbedImages(IReadOnlyList<float[]> features)
    {
        FeatureCheck.Rows(features, ImageFeatureLength, nameof(features));
        return Image.Embed(features, _threads);
    }

    /// <summary>Maps features of texts into the joint space.</summary>
    /// <param name="features">Each of <see cref="TextFeatureLength"/> values, as the text tower gives them.</param>
    /// <inheritdoc cref="EmbedImages" path="/returns"/>
    /// <inheritdoc cref="EmbedImages" path="/exception"/>
    public float[][] EmbedTexts(IReadOnlyList<float[]> features)
    {
        FeatureCheck.Rows(features, TextFeatureLength, nameof(features));
        return Text.Embed(features, _threads);
    }

    /// <summary>The same head with another factor between cosines and logits.</summary>
    /// <param name="logitScale">exp(t), 10⁻⁶ to 10⁶.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public ClipLockedHead WithLogitScale(float logitScale) => logitScale is >= LeastLogitScale and <= MostLogitScale ? new(Image, Text, logitScale, _threads)
        : throw new ArgumentOutOfRangeException(nameof(logitScale), logitScale, FormattableString.Invariant($"exp(t) must be {LeastLogitScale:G3} to {MostLogitScale:G3}."));

    /// <summary>Writes the head into a file, whole or not at all.</summary>
    /// <remarks>
    /// A safetensors file. Metadata: <c>format</c> = <c>clip-locked-head</c>, <c>version</c> = <c>1</c>, <c>logit_scale</c>, and where a side has anchors
    /// <c>image.sharpness</c> or <c>text.sharpness</c> (β). Tensors of each side, <c>image.</c> and <c>text.</c>: <c>mean</c> [features]; <c>anchors</c>
    /// [K, features], unit vectors; <c>weight</c> [K or features, embedding]; <c>bias</c> [embedding]; <c>hidden.weight</c> [K or features, units],
    /// <c>hidden.bias</c> [units], <c>hidden.output</c> [units, embedding]. All but the mean may be missing. Matrices are F32, F16, or I8 with a tensor
    /// <c>NAME.scale</c> [rows], F32; vectors are F32. What it computes, with u = unit(unit(x) - mean), φ = exp(β (u · anchor - 1)) or else u, and g(z) =
    /// z · sigmoid(1.702 z): unit(φ · weight + bias + g(φ · hidden.weight + hidden.bias) · hidden.output).
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <param name="storage">How its matrices are kept.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Save(string path, ClipLockedStorage storage = ClipLockedStorage.Single)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Require.Defined<ClipLockedStorage>(storage, nameof(storage));
        HeadFile.Write(path, this, storage);
    }

    /// <summary>Reads a head from a file that <see cref="Save"/>, or anybody else, wrote. Whatever it claims is held against its size.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or it is a folder.</exception>
    /// <exception cref="InvalidDataException">It holds no head, or one that contradicts itself; the message names the file and the tensor.</exception>
    public static ClipLockedHead Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Directory.Exists(path))
        {
            throw new FileNotFoundException($"'{path}' is a folder; expected the file of a head.", path);
        }
        using var stream = RegularFile.Open(path);
        return HeadFile.Read(stream, path);
    }

    /// <summary>Reads a head from a stream that can seek, from its beginning to its end.</summary>
    /// <param name="stream">The stream; it stays the caller's.</param>
    /// <exception cref="InvalidDataException">It holds no head, or one that contradicts itself.</exception>
    public static ClipLockedHead Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return HeadFile.Read(stream, "the stream");
    }

    /// <summary>
    /// Puts the sides of the head behind their towers and writes an ordinary model: <c>onnx/vision_model.onnx</c>, <c>onnx/text_model.onnx</c>,
    /// <c>config.json</c> with exp(t), and what tells how images and texts are prepared. <see cref="ClipModel.Load(string, ClipModelOptions?)"/> opens it,
    /// and so does everything that runs ONNX; <see cref="ClipModel.Quantize"/> makes a variant in 8 bits beside it.
    /// </summary>
    /// <remarks>
    /// The towers' own files are only read. What is written is loaded and compared with towers and head before it comes to its place, all of it or
    /// nothing. Weights in other files come inside.
    /// </remarks>
    /// <param name="images">The model whose image tower gives the features.</param>
    /// <param name="texts">The model whose text tower does; it may be the same.</param>
    /// <param name="directory">The directory to write to; made where there is none. Files that are there are replaced, and variants of the
    /// towers, such as those in 8 bits, removed: they would be another model's.</param>
    /// <param name="cancellationToken">Ends it, with nothing written.</param>
    /// <exception cref="InvalidOperationException">A model has not the tower, or texts no tokenizer.</exception>
    /// <exception cref="FileNotFoundException">The text model has no tokenizer files.</exception>
    /// <exception cref="InvalidDataException">A tower gives other features than the head takes, or cannot be written again.</exception>
    /// <exception cref="NotSupportedException">A model was loaded with options that no file can say.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void WriteModel(ClipModel images, ClipModel texts, string directory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        LockedBundle.Write(this, images, texts, directory, cancellationToken);
    }
}
