namespace Microsoft.ML.Clip;

/// <summary>Texts of a caller's list.</summary>
/// <param name="Texts">The texts.</param>
/// <param name="Places">Where each stands in the list; null if they are all of it.</param>
internal readonly record struct TextInputs(string[] Texts, IReadOnlyList<int>? Places)
{
    /// <returns>A vector for each, and how many tokens the encoder saw of all of them.</returns>
    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding for a text; the exception has its place.</exception>
    public (float[][] Vectors, long Tokens) Embed(ClipModel clip, CancellationToken cancellationToken)
    {
        int[] tokens = new int[Texts.Length];
        try
        {
            float[][] vectors = clip.EncodeTexts(Texts, tokens, cancellationToken: cancellationToken);
            return (vectors, tokens.Sum(count => (long)count));
        }
        catch (ClipEncodingException e) when (e.Row is { } row)
        {
            throw InputError.At(Places, (int)row, name: null, e);
        }
    }
}
