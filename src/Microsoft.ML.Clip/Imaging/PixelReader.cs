using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>Reads the values of a column of images into pixel values, whatever form they have. Immutable and thread-safe.</summary>
/// <param name="preprocessor">What makes pixel values.</param>
/// <param name="folder">Where relative paths start; null for the current directory.</param>
/// <param name="onInvalidImage">What to do with an image that is missing or cannot be read.</param>
internal sealed class PixelReader(ClipImagePreprocessor preprocessor, string? folder, ClipOnInvalidImage onInvalidImage)
{
    /// <summary>Reads a decoded image.</summary>
    /// <returns>Null, or, where the caller asked to go on, why there is none to be read.</returns>
    /// <exception cref="ClipImageException">There is none to be read.</exception>
    public ClipImageException? Read(in MLImage image, Span<float> pixelValues)
    {
        try
        {
            Preprocess(image, pixelValues);
            return null;
        }
        catch (ClipImageException e) when (onInvalidImage == ClipOnInvalidImage.Missing)
        {
            return e;
        }
    }

    /// <summary>Reads the file of a path.</summary>
    /// <inheritdoc cref="Read(in MLImage, Span{float})"/>
    public ClipImageException? Read(in ReadOnlyMemory<char> path, Span<float> pixelValues)
    {
        try
        {
            if (path.Span.IsWhiteSpace())
            {
                throw new ClipImageException("The row has no image: its path is empty.");
            }
            string file = path.ToString();
            preprocessor.PreprocessFile(folder is null ? file : Path.Combine(folder, file), pixelValues);
            return null;
        }
        catch (ClipImageException e) when (onInvalidImage == ClipOnInvalidImage.Missing)
        {
            return e;
        }
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <inheritdoc cref="Read(in MLImage, Span{float})"/>
    public ClipImageException? Read(in VBuffer<byte> bytes, Span<float> pixelValues)
    {
        try
        {
            if (bytes.Length == 0)
            {
                throw new ClipImageException("The row has no image: its vector of bytes is empty.");
            }
            preprocessor.PreprocessEncoded(bytes.IsDense ? bytes.GetValues() : bytes.DenseValues().ToArray(), pixelValues);
            return null;
        }
        catch (ClipImageException e) when (onInvalidImage == ClipOnInvalidImage.Missing)
        {
            return e;
        }
    }

    private void Preprocess(MLImage image, Span<float> pixelValues)
    {
        try
        {
            preprocessor.Preprocess(image ?? throw new ClipImageException("The row has no image (null)."), pixelValues);
        }
        catch (InvalidOperationException e)
        {
            // All that MLImage says is "Object is disposed".
            throw new ClipImageException("The image has been disposed before it came here.") { Cause = e };
        }
        catch (ClipImageException e)
        {
            // Where LoadImages leaves it.
            e.Path ??= image?.Tag;
            throw;
        }
    }
}
