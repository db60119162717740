namespace Microsoft.ML.Clip;

/// <summary>Values that only preprocessing configurations have.</summary>
internal static class PreprocessorFields
{
    /// <summary>Height and width in pixels, as a pair; one number alone is both, and so is <paramref name="fallback"/> where there is none.</summary>
    /// <exception cref="InvalidDataException">It is something else, or a number that no image tower takes.</exception>
    public static (int Height, int Width) Edges(this JsonField field, int fallback)
    {
        const int MaximumEdge = ClipImagePreprocessorSettings.MaximumEdge;
        if (!field.IsArray)
        {
            int both = field.Integer(1, MaximumEdge, fallback);
            return (both, both);
        }
        return field.Items().ToArray() is [var height, var width]
            ? (height.Integer(1, MaximumEdge), width.Integer(1, MaximumEdge))
            : throw field.Error($"two numbers, each a whole number from 1 to {MaximumEdge}");
    }

    /// <summary>Three finite numbers, for red, green and blue; one alone counts for all.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static float[] Channels(this JsonField field, float[] fallback, bool mustBePositive)
    {
        if (!field.Exists)
        {
            return fallback;
        }
        JsonField[] channels = field.IsArray ? [.. field.Items()] : [field, field, field];
        float?[] values = [.. channels.Select(c => (float?)c.FiniteNumber)];
        return values.Length == 3 && values.All(v => v is { } value && float.IsFinite(value) && (!mustBePositive || value > 0))
            ? [.. values.Select(v => v!.Value)]
            : throw field.Error(mustBePositive ? "three finite numbers above 0" : "three finite numbers");
    }
}
