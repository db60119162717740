namespace Microsoft.ML.Clip;

/// <summary>Texts of a caller's list.</summary>
/// <param name="Texts">The texts.</param>
/// <param name="Places">Where each stands in the list; null if they are all of it.</param>
internal readonly record struct TextInputs(string[] Texts, IReadOnlyList<int>? Places)
{
    // How many texts are counted between two looks at the token.
    private const int TextsAtOnce = 256;

    /// <exception cref="ClipEncodingException">The encoder gave no usable embedding for a text; the exception has its place.</exception>
    public float[][] Embed(ClipModel clip, CancellationToken cancellationToken)
    {
        try
        {
            return clip.EncodeTexts(Texts, cancellationToken: cancellationToken);
        }
        catch (ClipEncodingException e) when (e.Row is { } row)
        {
            throw InputError.At(Places, (int)row, name: null, e);
        }
    }

    /// <summary>How many tokens the encoder sees of the texts. They are cut into tokens once more for that: little work beside the encoder's.</summary>
    public long CountTokens(ClipTokenizer tokenizer, CancellationToken cancellationToken)
    {
        int[] ids = new int[tokenizer.ContextLength];
        long count = 0;
        for (int i = 0; i < Texts.Length; i++)
        {
            if (i % TextsAtOnce == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            count += tokenizer.EncodeToContext(Texts[i], ids, out _);
        }
        return count;
    }
}
