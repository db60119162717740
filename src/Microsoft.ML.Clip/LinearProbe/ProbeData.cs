namespace Microsoft.ML.Clip;

/// <summary>What a linear probe learns from.</summary>
internal sealed class ProbeData
{
    /// <param name="training">The training rows, labelled with all classes; relabelled to those that are present.</param>
    /// <param name="validation">The validation rows, likewise; null if there are none.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="offset">What has been subtracted from the features.</param>
    /// <param name="skipped">How many rows had no label.</param>
    public ProbeData(ProbeRows training, ProbeRows? validation, int classes, float[] offset, int skipped)
    {
        (Training, Validation, Classes, Offset, Skipped) = (training, validation, classes, offset, skipped);
        int[] counts = new int[classes];
        foreach (var block in Blocks)
        {
            foreach (int label in block.Labels.AsSpan(0, block.Count))
            {
                counts[label]++;
            }
        }
        Present = [.. Enumerable.Range(0, classes).Where(c => counts[c] > 0)];
        Absent = [.. Enumerable.Range(0, classes).Where(c => counts[c] == 0)];
        if (Absent.Length > 0)
        {
            Relabel();
        }
    }

    public ProbeRows Training { get; }

    public ProbeRows? Validation { get; }

    /// <summary>The number of classes, those without rows included.</summary>
    public int Classes { get; }

    public int Skipped { get; }

    /// <summary>The classes that have rows: label i of the rows is class Present[i].</summary>
    public int[] Present { get; }

    /// <summary>The classes that have none.</summary>
    public int[] Absent { get; }

    /// <summary>What has been subtracted from the features.</summary>
    public float[] Offset { get; }

    private IEnumerable<RowBlock> Blocks => Training.Blocks.Concat(Validation?.Blocks ?? []);

    private void Relabel()
    {
        int[] index = new int[Classes];
        for (int i = 0; i < Present.Length; i++)
        {
            index[Present[i]] = i;
        }
        foreach (var block in Blocks)
        {
            foreach (ref int label in block.Labels.AsSpan(0, block.Count))
            {
                label = index[label];
            }
        }
    }
}
