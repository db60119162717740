using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>samples/LinearProbe as a user starts it.</summary>
public sealed class LinearProbeSampleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("encoder")]
    [InlineData("joint")]
    public void Run_FoldersOfImages_EmbedsSweepsEvaluatesSavesAndPredicts(string features)
    {
        TinyClip.WriteTo(_directory.Combine("model"));
        foreach (string name in (string[])["cats", "dogs", "birds"])
        {
            TestImages.Write(Directory.CreateDirectory(_directory.Combine($"images/{name}")).FullName, 15);
        }
        string zip = _directory.Combine("probe.zip");
        string[] arguments = [BuildFacts.LinearProbe, _directory.Combine("images"), "--model", _directory.Combine("model"), "--features", features, "--output", zip];
        // Its cache goes into a folder that the test deletes.
        var environment = new Dictionary<string, string?> { ["TMPDIR"] = _directory, ["TMP"] = _directory };

        string first = Processes.Dotnet(arguments, environment: environment), second = Processes.Dotnet(arguments, environment: environment);

        Assert.Contains("images in", first, StringComparison.Ordinal);
        Assert.DoesNotContain("images in", second, StringComparison.Ordinal);
        Assert.Contains("Best: L2Regularization = ", first, StringComparison.Ordinal);
        Assert.Contains("Accuracy on the test images: micro", first, StringComparison.Ordinal);
        Assert.Contains("Confusion table", first, StringComparison.Ordinal);
        Assert.Contains("the saved pipeline says ", first, StringComparison.Ordinal);
        Assert.True(File.Exists(zip));

        // A model that was trained again stands in the same place: its features are others.
        File.SetLastWriteTimeUtc(Directory.GetFiles(_directory.Combine("model"), "*.onnx", SearchOption.AllDirectories)[0], DateTime.UtcNow.AddMinutes(1));
        Assert.Contains("images in", Processes.Dotnet(arguments, environment: environment), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneBadFile_NamesItAndCountsTheRest()
    {
        TinyClip.WriteTo(_directory.Combine("model"));
        foreach (string name in (string[])["cats", "dogs"])
        {
            TestImages.Write(Directory.CreateDirectory(_directory.Combine($"images/{name}")).FullName, 15);
        }
        // Of the class that comes last: without it there, the last photograph would be the one that is predicted.
        string bad = _directory.Write("images/dogs/image-999.png", "no picture");
        var environment = new Dictionary<string, string?> { ["TMPDIR"] = _directory, ["TMP"] = _directory };

        string output = Processes.Dotnet([BuildFacts.LinearProbe, _directory.Combine("images"), "--model", _directory.Combine("model"), "--output", _directory.Combine("probe.zip")],
            environment: environment);

        Assert.Contains($"Cannot be read, and is left out: {bad}", output, StringComparison.Ordinal);
        int[] counts = [.. Regex.Matches(output, @"Images for \w+: (\d+)").Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(30, counts.Sum());
        Assert.Contains(" of ", Regex.Match(output, @"Images for \w+: \d+ of \d+").Value, StringComparison.Ordinal);
        Assert.Contains("Accuracy on the test images: micro", output, StringComparison.Ordinal);
        Assert.Contains("the saved pipeline says ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--per-class", "many")]
    [InlineData("nowhere-at-all")]
    [InlineData("--model", "nowhere-at-all")]
    public void Run_BadArguments_SaysSoAndFails(params string[] arguments)
    {
        TinyClip.WriteTo(_directory.Combine("model"));
        string[] model = arguments[0] == "--model" ? [] : ["--model", _directory.Combine("model")];

        var (code, _, error) = Processes.RunDotnet([BuildFacts.LinearProbe, .. arguments, .. model]);

        Assert.Equal(2, code);
        Assert.Contains(arguments[^1], error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", error, StringComparison.Ordinal);
    }
}
