namespace Microsoft.ML.Clip;

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="File">The path of the file.</param>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">Its element type as the file names it, for example <c>F32</c>.</param>
/// <param name="Shape">The sizes of its axes.</param>
/// <param name="Begin">Where its values begin in the file.</param>
/// <param name="End">Where they end.</param>
internal sealed record SafetensorsEntry(string File, string Name, string Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    public override string ToString() => $"'{Name}' ({Type} [{string.Join(", ", Shape)}]) of {File}";
}
