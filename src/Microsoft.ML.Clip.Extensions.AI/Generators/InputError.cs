namespace Microsoft.ML.Clip;

/// <summary>Errors of single inputs, with the place that the caller knows: the model has seen a part of the list, under another name.</summary>
internal static class InputError
{
    public static ClipImageException At(IReadOnlyList<int>? places, int row, string? name, ClipImageException error)
    {
        var cause = error.Cause ?? error;
        return new($"{Place(places, row, name)}: {cause.Message}", cause);
    }

    public static ClipEncodingException At(IReadOnlyList<int>? places, int row, string? name, ClipEncodingException error)
    {
        var cause = error.Cause ?? error;
        return new(places?[row] ?? row, $"{Place(places, row, name)}: {cause.Message}", cause);
    }

    public static string Place(IReadOnlyList<int>? places, int row, string? name) =>
        $"values[{places?[row] ?? row}]{(string.IsNullOrEmpty(name) ? "" : $" ('{name}')")}";
}
