using Microsoft.ML.Clip;

namespace OrleansEmbedding.Tests;

/// <summary>A folder of small pictures, the small model that the repository carries, and plans of both.</summary>
internal sealed class ShardFolder : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ShardFolder(int pictures) => SmallPictures.Write(Pictures, pictures);

    public static string ModelDirectory { get; } = Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    public ClipModel Clip { get; } = ClipModel.Load(ModelDirectory);

    public string Pictures => _directory.Combine("pictures");

    public string Combine(string relativePath) => _directory.Combine(relativePath);

    public string Picture(int number) => Path.Combine(Pictures, $"{number:D4}.bmp");

    public ClipShardPlan Plan(string output, int rowsPerShard) =>
        ClipShardPlan.Create(Clip, ClipShardInputs.Folder(Pictures), Combine(output), new() { RowsPerShard = rowsPerShard });

    public void Dispose()
    {
        Clip.Dispose();
        _directory.Dispose();
    }
}
