using Microsoft.ML.Clip;

namespace TrainTinyClip;

/// <summary>Captions from the names of a class.</summary>
internal static class CaptionTemplates
{
    private static readonly string[] Templates =
    [
        "a photo of a {}.", "a photo of the {}.", "a photo of one {}.", "a picture of a {}.", "an image of a {}.", "a blurry photo of a {}.",
        "a close-up photo of a {}.", "a low resolution photo of a {}.", "a photo of a small {}.", "a photo of a large {}.", "{}", "this is a {}.",
    ];

    // The usual name, which people will ask for, in all wordings; the others, often rare, in three.
    private const int TemplatesOfOtherNames = 3;

    public static string[] Captions(IReadOnlyList<string> names) =>
    [
        .. names.SelectMany((name, i) => Templates.Take(i == 0 ? Templates.Length : TemplatesOfOtherNames).Select(t => ClipPrompts.Fill(t, name))),
    ];
}
