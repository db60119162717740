using CsCheck;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The steps one after another, and the one pass that takes their place for ASCII.</summary>
public sealed class ClipNormalizerTests
{
    private static readonly NormalizationStep[] HuggingFace = [CanonicalComposition.Instance, CollapseWhiteSpace.ToSpace, LowerCase.Instance];

    private static readonly NormalizationStep[] OpenAI =
        [HtmlReferences.Instance, HtmlReferences.Instance, PythonStrip.Instance, CollapseWhiteSpace.ToSpace, PythonStrip.Instance, PythonLower.Instance];

    private static readonly Gen<string> Ascii = Gen.OneOf(Gen.Char[(char)0, (char)127], Gen.OneOfConst(' ', '\t', '\n', '\x1c', '&', 'A', 'z'))
        .Array[0, 20].Select(c => new string(c));

    private static readonly Gen<string> Any = Gen.OneOf(Ascii, Gen.OneOfConst("\u00e9", "e\u0301", "\u03a3", "\u3000", "&amp;amp;", "&#160;")).Array[0, 6].Select(string.Concat);

    [Fact]
    public void Normalize_Ascii_EqualsTheSteps()
    {
        Ascii.Sample(text => ClipNormalizer.HuggingFace.Normalize(text) == Apply(HuggingFace, text), iter: 20_000);
        Ascii.Sample(text => ClipNormalizer.OpenAI.Normalize(text) == Apply(OpenAI, text), iter: 20_000);
    }

    [Fact]
    public void Normalize_AnyText_EqualsTheSteps()
    {
        Any.Sample(text => ClipNormalizer.HuggingFace.Normalize(text) == Apply(HuggingFace, text), iter: 5_000);
        Any.Sample(text => ClipNormalizer.OpenAI.Normalize(text) == Apply(OpenAI, text), iter: 5_000);
    }

    [Fact]
    public void Normalize_OtherSteps_AreTakenInTheirOrder()
    {
        Assert.Equal("A", new ClipNormalizer([]).Normalize("A"));
        Assert.Equal("x-", new ClipNormalizer([LowerCase.Instance, new ReplaceText("a", "x"), new CollapseWhiteSpace("-")]).Normalize("A "));
        Assert.Equal("a-", new ClipNormalizer([new ReplaceText("a", "x"), new CollapseWhiteSpace("-"), LowerCase.Instance]).Normalize("A "));
        // Like the released normalizer but for what white space becomes.
        Assert.Equal("a_b", new ClipNormalizer([CanonicalComposition.Instance, new CollapseWhiteSpace("_"), LowerCase.Instance]).Normalize("A  B"));
    }

    private static string Apply(NormalizationStep[] steps, string text) => steps.Aggregate(text, (current, step) => step.Apply(current));
}
