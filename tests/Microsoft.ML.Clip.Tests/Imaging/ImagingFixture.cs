using System.Security.Cryptography;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The images of shared/fixtures/preprocess and what the references made of them (224 x 224, computed with Pillow).</summary>
internal static class ImagingFixture
{
    public const int Edge = 224;

    private const string Folder = "fixtures/preprocess";

    /// <summary>The file names, or one that makes the tests skip where the folder is absent.</summary>
    public static TheoryData<string> Names =>
        SharedFolder.TryFind($"{Folder}/expected.json") is null ? ["shared folder absent"] : [.. Entries().Select(e => e.GetProperty("file").GetString()!)];

    public static string PathOf(string name) => Path.Combine(SharedFolder.Require(Folder), "images", name);

    public static JsonElement Expected(string name)
    {
        SharedFolder.Require(Folder);
        return Entries().Single(e => e.GetProperty("file").GetString() == name);
    }

    /// <summary>
    /// The bytes, [height, width, RGB], from which normalised values came. Each of the 256 levels has a value of its own, so that equal bytes
    /// mean equal values and the other way round.
    /// </summary>
    public static byte[] ToRgb(ReadOnlySpan<float> pixelValues)
    {
        int plane = pixelValues.Length / 3;
        byte[] rgb = new byte[pixelValues.Length];
        for (int c = 0; c < 3; c++)
        {
            for (int i = 0; i < plane; i++)
            {
                double level = ((pixelValues[(c * plane) + i] * ChannelStatistics.Clip.StandardDeviation[c]) + ChannelStatistics.Clip.Mean[c]) * 255.0;
                rgb[(i * 3) + c] = (byte)Math.Round(level);
            }
        }
        return rgb;
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static IEnumerable<JsonElement> Entries() =>
        JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require($"{Folder}/expected.json"))).RootElement.EnumerateArray();
}
