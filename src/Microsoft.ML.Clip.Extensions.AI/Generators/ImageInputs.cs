using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Images of a caller's list.</summary>
/// <param name="Images">The images.</param>
/// <param name="Places">Where each stands in the list; null if they are all of it.</param>
internal readonly record struct ImageInputs(DataContent[] Images, IReadOnlyList<int>? Places)
{
    // What DataContent.LoadFromAsync says where a file's name does not tell.
    private const string UnknownType = "application/octet-stream";

    /// <exception cref="ArgumentException">Something is no image, by its media type.</exception>
    /// <exception cref="ClipImageException">An image cannot be read.</exception>
    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding for an image; the exception has its place.</exception>
    public float[][] Embed(ClipModel clip, CancellationToken cancellationToken)
    {
        var sources = new ClipImageSource[Images.Length];
        for (int i = 0; i < sources.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            sources[i] = Source(i);
        }
        try
        {
            return clip.EncodeImages(sources, cancellationToken: cancellationToken);
        }
        catch (ClipImageException e) when (e.Row is { } row)
        {
            throw InputError.At(Places, (int)row, Images[row].Name, e);
        }
        catch (ClipEncodingException e) when (e.Row is { } row)
        {
            throw InputError.At(Places, (int)row, Images[row].Name, e);
        }
    }

    private ClipImageSource Source(int i)
    {
        var image = Images[i];
        if (!image.HasTopLevelMediaType("image") && !image.MediaType.Equals(UnknownType, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"{InputError.Place(Places, i, image.Name)} is of the media type '{image.MediaType}'; an image is expected (image/jpeg, image/png, ...), "
                + $"or {UnknownType} where its type is not known.", "values");
        }
        // Not its Uri, which would be made of the bytes.
        return image.Data;
    }
}
