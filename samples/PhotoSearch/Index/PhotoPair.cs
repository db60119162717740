namespace PhotoSearch;

/// <summary>Two photographs that look alike.</summary>
/// <param name="First">The lower number.</param>
/// <param name="Second">The higher.</param>
/// <param name="Cosine">How alike: 1 for the same picture.</param>
internal readonly record struct PhotoPair(long First, long Second, float Cosine);
