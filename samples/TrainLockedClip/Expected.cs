using System.Text.Json;
using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace TrainLockedClip;

/// <summary>What the model gives for an image and some texts, written beside it for other runtimes: eng/everyday/node.mjs compares.</summary>
internal static class Expected
{
    private const string FileName = "expected.json";

    private static readonly string[] Texts = ["a photo of a cat.", "astronaut", "two dogs and one bicycle in front of a house"];

    /// <param name="folder">The model's folder, which takes the file.</param>
    public static string Write(string folder)
    {
        using var model = ClipModel.Load(folder);
        int edge = model.ImageSize;
        // Of the size that the model takes, so that nothing is resized: waves in three colours.
        byte[] pixels = new byte[edge * edge * 4];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int channel, int x, int y) = (i % 4, i / 4 % edge, i / 4 / edge);
            pixels[i] = channel == 3 ? byte.MaxValue : (byte)(128 + (100 * Math.Sin((x * (channel + 1) / 20.0) + (y * (3 - channel) / 30.0))));
        }
        string picture = Path.Combine(folder, "expected.png");
        try
        {
            using (var image = MLImage.CreateFromPixels(edge, edge, MLPixelFormat.Rgba32, pixels))
            {
                image.Save(picture);
            }
            int[][] ids = [.. Texts.Select(text =>
            {
                int[] row = new int[model.ContextLength];
                model.Tokenizer.EncodeToContext(text, row, out _);
                return row;
            })];
            string file = Path.Combine(folder, FileName);
            File.WriteAllText(file, JsonSerializer.Serialize(new
            {
                edge,
                rgb = pixels.Where((_, i) => i % 4 != 3).Select(p => (int)p).ToArray(),
                ids,
                image = model.EncodeImages([picture])[0],
                texts = model.EncodeTexts(Texts),
            }));
            return file;
        }
        finally
        {
            File.Delete(picture);
        }
    }
}
