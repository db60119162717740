namespace Microsoft.ML.Clip.Tests;

/// <summary>A few captions to make a vocabulary of, and texts to try it on. The golden ids depend on both.</summary>
internal static class VocabularyCorpus
{
    public static readonly string[] Texts = [.. "golden retriever,tabby cat,school bus,goldfish,espresso,red fox,sports car,Persian cat,ice cream".Split(',')
        .SelectMany(name => new[] { $"a photo of a {name}.", $"a blurry photo of the {name}." })];

    public static readonly string[] Probes =
    [
        "", " ", "a photo of a golden retriever.", "A PHOTO of the  Persian\tcat!", "ice-cream & espresso's", "we're at 2026-11-24", "ünïcode ÉCLAIR Straße İ", "e\u0301 \u212B \uFB01",
        "日本のキャラメル", "🐈 cat 🐈‍⬛", "red<|endoftext|>fox", "<|startoftext|>bus", "</w> w</w>", "goldfishgoldfish", "\u00A0no\u2003break\u3000", "don't, can't; I'LL", "((([[[...]]]))) --",
        "supercalifragilisticexpialidocious", "x", "7", "\u0007bell",
    ];
}
