using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip;

/// <summary>The weights of a model under OpenAI's names, whichever names its files use.</summary>
internal sealed partial class ClipWeightFile
{
    private readonly SafetensorsFiles _files;

    private ClipWeightFile(SafetensorsFiles files) => (_files, IsHuggingFace) = (files, HuggingFaceNames.AreIn(files.Entries.Keys));

    /// <summary>What was opened.</summary>
    public string Path => _files.Path;

    /// <summary>Whether its names are those of Hugging Face's CLIPModel.</summary>
    public bool IsHuggingFace { get; }

    /// <inheritdoc cref="SafetensorsFiles.Open"/>
    public static ClipWeightFile Open(string path) => new(SafetensorsFiles.Open(path));

    /// <summary>The shape of a parameter; null if the file does not have it.</summary>
    public long[]? Shape(string name)
    {
        var (names, transposed) = Source(name);
        if (names.Select(n => _files.Entries.GetValueOrDefault(n)).ToArray() is not [{ } first, ..] parts || parts.Contains(null))
        {
            return null;
        }
        long[] shape = [.. first.Shape];
        return names.Length > 1 ? [shape[0] * names.Length, .. shape[1..]] : transposed ? [.. shape.Reverse()] : shape;
    }

    /// <summary>How many blocks are numbered below a prefix, as <c>visual.transformer.resblocks</c>.</summary>
    public int Blocks(string prefix) => Enumerable.Range(0, int.MaxValue).TakeWhile(i => HasAny($"{prefix}.{i}")).Count();

    /// <summary>Reads a parameter.</summary>
    /// <exception cref="InvalidDataException">It is missing, has another shape, or holds what is no weight; the message names it as the file does.</exception>
    public WeightTensor Read(string name, int[] shape)
    {
        var (names, transposed) = Source(name);
        int[] stored = names.Length > 1 ? [shape[0] / names.Length, .. shape[1..]] : transposed ? [.. shape.Reverse()] : shape;
        float[][] values = [.. names.Select(n => Read(name, n, stored))];
        var tensor = new WeightTensor(name, values is [var only] ? only : [.. values.SelectMany(v => v)], transposed ? stored : shape);
        return transposed ? tensor.Transposed() : tensor;
    }

    /// <summary>Checks that the files hold nothing beyond an architecture's parameters: what is left over belongs to another model.</summary>
    /// <exception cref="InvalidDataException">There is more; the message names some of it.</exception>
    public void RejectOthers(IEnumerable<string> known)
    {
        var expected = known.SelectMany(name => Source(name).Names).ToHashSet(StringComparer.Ordinal);
        string[] others = [.. _files.Entries.Keys.Where(name => !expected.Contains(name) && !Harmless().IsMatch(name)).Order(StringComparer.Ordinal)];
        if (others.Length > 0)
        {
            throw new InvalidDataException(
                $"The file {Path} holds parameters that the architecture does not have: {string.Join(", ", others.Take(4).Select(n => $"'{n}'"))}{(others.Length > 4 ? $" and {others.Length - 4} more" : "")}.");
        }
    }

    private float[] Read(string name, string stored, int[] shape)
    {
        string expected = $"[{string.Join(", ", shape)}]";
        if (!_files.Entries.TryGetValue(stored, out var entry))
        {
            throw new InvalidDataException($"The file {Path} has no tensor '{stored}' {expected}{(stored == name ? "" : $", which is needed for '{name}'")}.");
        }
        // OpenAI's scalar is written as [1] by some.
        bool fits = entry.Shape.SequenceEqual(shape.Select(s => (long)s)) || (shape.Length == 0 && entry.Shape is [1]);
        return fits ? SafetensorsFiles.Read(entry) : throw new InvalidDataException($"The tensor {entry} should have the shape {expected} in this architecture.");
    }

    private bool HasAny(string prefix)
    {
        // A block's first norm stands for it; in a ResNet its first convolution.
        return Shape($"{prefix}.ln_1.weight") is not null || (!IsHuggingFace && Shape($"{prefix}.conv1.weight") is not null);
    }

    private HuggingFaceNames Source(string name) => IsHuggingFace ? HuggingFaceNames.Of(name) : new([name], Transposed: false);

    // Buffers that follow from the architecture, counters, and the sizes that OpenAI's archives carry.
    [GeneratedRegex(@"(^|\.)(position_ids|num_batches_tracked|attn_mask)$|^(input_resolution|context_length|vocab_size)$")]
    private static partial Regex Harmless();
}
