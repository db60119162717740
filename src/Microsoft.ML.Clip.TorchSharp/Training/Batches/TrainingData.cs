using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>A training set in memory: images as bytes, captions and groups as text.</summary>
/// <param name="Images">One for each row.</param>
/// <param name="Captions">The captions of each row, at least one, none empty.</param>
/// <param name="Groups">The group of each row, or null.</param>
/// <param name="Skipped">What was left out because its image could not be read: row and reason.</param>
internal sealed record TrainingData(ClipImageSet Images, IReadOnlyList<string[]> Captions, IReadOnlyList<string>? Groups, IReadOnlyList<string> Skipped);
