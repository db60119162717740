using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Runs the tests of the resampler once more in processes of their own, in which the runtime is told to do without some vector instructions: every
/// path of the code is thereby held against the golden files and against the plain reference.
/// </summary>
public partial class VectorInstructionTests
{
    private const string Expectation = "CLIP_TESTS_WITHOUT";

    private static readonly string[] Classes = [nameof(PreprocessGoldenTests), nameof(ImageResizerTests), nameof(ClipImagePreprocessorTests),
        nameof(VectorInstructionTests)];

    /// <summary>In the child: are the instructions really off? In an ordinary run there is nothing to ask.</summary>
    [Fact]
    public void Child_InstructionSet_IsOff()
    {
        string? without = Environment.GetEnvironmentVariable(Expectation);
        Assert.SkipWhen(without is null, "Asked in the processes that the other test of this class starts.");
        Assert.False(Avx512BW.IsSupported);
        Assert.Equal(without == "AVX-512" && Avx2.IsSupported, Avx2.IsSupported);
        Assert.Equal(without != "vectors", Vector128.IsHardwareAccelerated);
    }

    [Theory]
    [InlineData("AVX-512", "DOTNET_EnableAVX512")]
    [InlineData("AVX2", "DOTNET_EnableAVX2")]
    [InlineData("vectors", "DOTNET_EnableHWIntrinsic")]
    public void ImagingTests_WithoutInstructionSet_Pass(string without, string knob)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Expectation) is not null, "A child starts no children.");
        Assert.SkipUnless(without == "vectors" || X86Base.IsSupported, "The instruction set is x86's.");
        string[] arguments = [typeof(VectorInstructionTests).Assembly.Location, .. Classes.SelectMany(c => (string[])["-class", $"{typeof(VectorInstructionTests).Namespace}.{c}"])];

        var (code, output, error) = Processes.RunDotnet(arguments, environment: new Dictionary<string, string?> { [knob] = "0", [Expectation] = without });

        Assert.True(code == 0, $"without {without}: exit code {code}\n{output}\n{error}");
        var total = Total().Match(output);
        Assert.True(total.Success && int.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture) > 400, output);
    }

    [GeneratedRegex(@"Total: (\d+)")]
    private static partial Regex Total();
}
