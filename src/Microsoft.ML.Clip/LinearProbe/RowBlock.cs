namespace Microsoft.ML.Clip;

/// <summary>Some rows of a <see cref="ProbeRows"/>: few enough that they, and their logits, stay in a core's cache.</summary>
internal sealed class RowBlock(FloatBuffer features, int stride, bool weighted)
{
    /// <summary>The features, row by row, <see cref="ProbeRows.Stride"/> values each.</summary>
    public FloatBuffer Features => features;

    /// <summary>The class of each row, from 0.</summary>
    public int[] Labels { get; } = new int[features.Length / stride];

    /// <summary>The weight of each row; null means 1 throughout.</summary>
    public float[]? Weights { get; } = weighted ? new float[features.Length / stride] : null;

    /// <summary>How many rows are filled.</summary>
    public int Count { get; set; }

    /// <summary>Whether there is no room for another row.</summary>
    public bool IsFull => Count == Labels.Length;
}
