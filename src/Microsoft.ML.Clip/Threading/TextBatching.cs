namespace Microsoft.ML.Clip;

/// <summary>How many texts are encoded together, and how much of that at the same time.</summary>
/// <param name="Size">Texts in one run of the encoder.</param>
/// <param name="Concurrency">Runs at the same time.</param>
/// <param name="Alone">Whether a run has the machine to itself; see <see cref="CoreShare"/>.</param>
internal readonly record struct TextBatching(int Size, int Concurrency, bool Alone);
