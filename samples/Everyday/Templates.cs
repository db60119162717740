namespace Everyday;

/// <summary>The sentences in which words are put.</summary>
internal static class Templates
{
    public static IReadOnlyList<string> Everyday { get; } = ["a photo of a {}.", "{}"];
}
