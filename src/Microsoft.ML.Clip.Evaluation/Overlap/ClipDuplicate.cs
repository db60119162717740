namespace Microsoft.ML.Clip;

/// <summary>A row of a test set and the nearest row of what the model may have been trained on.</summary>
/// <param name="TestRow">The row of the test set, from 0.</param>
/// <param name="TrainingRow">The nearest training row, by its place over all blocks, from 0; of equally near ones the first.</param>
/// <param name="Cosine">How near it is, -1 to 1.</param>
public readonly record struct ClipDuplicate(int TestRow, long TrainingRow, float Cosine);
