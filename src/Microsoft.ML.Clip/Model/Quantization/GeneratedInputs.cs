namespace Microsoft.ML.Clip;

/// <summary>Inputs to calibrate on where the caller has none: captions of common things, and patterns with edges and colours at all scales.</summary>
internal static class GeneratedInputs
{
    private static readonly string[] Things =
        ["a dog", "two people", "a red car", "the beach at sunset", "a bowl of soup", "an old church", "children playing football", "a laptop on a desk", "mountains in snow",
         "a bird on a branch", "a cat", "a street at night", "a bicycle", "a woman with an umbrella", "airplanes", "flowers", "a sandwich, fries and a drink", "a steam train",
         "a horse in a field", "a wooden boat", "a clock tower", "a baby elephant", "a kitchen", "a map of the city", "a handwritten letter", "a bridge over the river"];

    private static readonly string[] Sentences =
        ["{}", "a photo of {}.", "a close-up photo of {}.", "a black and white drawing of {}", "there is {} in the picture, seen from far away", "{}, 1998, oil on canvas",
         "Breaking news: {} - what we know so far!", "a blurry picture that somebody took of {} with a phone on holiday, in bad light and from a moving bus"];

    public static IReadOnlyList<string> Captions { get; } = [.. from thing in Things from sentence in Sentences select sentence.Replace("{}", thing,
        StringComparison.Ordinal)];

    /// <summary>Draws pixel values as preprocessing leaves them: [3, height, width], mean about 0, spread about 1.</summary>
    public static void Draw(Span<float> pixels, int height, int width, int number)
    {
        var random = new SplitMix64((ulong)number);
        int area = height * width;
        float Next() => (random.Next() >> 40) * (1f / (1 << 24));
        for (int channel = 0; channel < 3; channel++)
        {
            float a = Next() - 0.5f, b = Next() - 0.5f, start = (Next() - 0.5f) * 3;
            for (int i = 0; i < area; i++)
            {
                pixels[(channel * area) + i] = start + (a * 2 * (i % width) / width) + (b * 2 * (i / width) / height);
            }
        }
        // Sizes fall off as 1 / n, as those of things in photographs do.
        for (int shape = 1; shape <= 60; shape++)
        {
            float size = Math.Max(height, width) / (1.5f + (shape / 4f)), x = Next() * width, y = Next() * height, r = Next() * 4 - 2,
                g = Next() * 4 - 2, c = Next() * 4 - 2;
            bool isRound = shape % 2 == 0;
            for (int row = Math.Max(0, (int)(y - size)); row < Math.Min(height, y + size); row++)
            {
                for (int column = Math.Max(0, (int)(x - size)); column < Math.Min(width, x + size); column++)
                {
                    float dx = (column - x) / size, dy = (row - y) / size;
                    if (!isRound || (dx * dx) + (dy * dy) <= 1)
                    {
                        int at = (row * width) + column;
                        (pixels[at], pixels[area + at], pixels[(2 * area) + at]) = (r, g, c);
                    }
                }
            }
        }
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Math.Clamp(pixels[i] + ((Next() - 0.5f) * 0.2f), -1.8f, 2.2f);
        }
    }
}
