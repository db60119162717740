namespace Microsoft.ML.Clip.Fuzz;

/// <summary>What inputs of a kind are made of, so that changes keep most of it right and get past the first check.</summary>
internal interface IFormat
{
    /// <summary>Makes another input of one, and perhaps of parts of a second.</summary>
    byte[] Mutate(byte[] input, byte[] donor, Random random);
}
