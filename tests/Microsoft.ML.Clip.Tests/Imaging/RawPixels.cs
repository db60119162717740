namespace Microsoft.ML.Clip.Tests;

/// <summary>Preprocessing without scaling and normalisation, so that tests see bytes.</summary>
internal static class RawPixels
{
    /// <summary>The image as decoded: [height, width, RGB], neither resized nor cropped.</summary>
    public static byte[] Decode(byte[] file, int width, int height, ClipImagePreprocessorOptions? options = null) =>
        Run(Create("\"do_resize\": false", width, height, options), file);

    /// <summary>A preprocessor that crops to a size after what <paramref name="json"/> says, and leaves values in 0 to 255.</summary>
    public static ClipImagePreprocessor Create(string json, int width, int height, ClipImagePreprocessorOptions? options = null) =>
        ClipImagePreprocessor.FromJson(
        $$"""{ {{json}}, "crop_size": { "height": {{height}}, "width": {{width}} }, "do_rescale": false, "do_normalize": false }""", options);

    public static byte[] Run(ClipImagePreprocessor preprocessor, byte[] file)
    {
        float[] values = new float[preprocessor.PixelValueCount];
        preprocessor.PreprocessEncoded(file, values);
        return Interleave(values);
    }

    /// <summary>[3, H, W] to [H, W, 3].</summary>
    public static byte[] Interleave(float[] values)
    {
        int plane = values.Length / 3;
        return [.. Enumerable.Range(0, values.Length).Select(i => (byte)values[(i % 3 * plane) + (i / 3)])];
    }
}
