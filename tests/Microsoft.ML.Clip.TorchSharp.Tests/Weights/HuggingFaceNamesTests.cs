namespace Microsoft.ML.Clip.Tests;

public sealed class HuggingFaceNamesTests
{
    [Theory]
    [InlineData("visual.transformer.resblocks.11.attn.in_proj_bias", "vision_model.encoder.layers.11.self_attn.q_proj.bias", "vision_model.encoder.layers.11.self_attn.k_proj.bias", "vision_model.encoder.layers.11.self_attn.v_proj.bias")]
    [InlineData("transformer.resblocks.0.mlp.c_fc.weight", "text_model.encoder.layers.0.mlp.fc1.weight")]
    [InlineData("transformer.resblocks.10.attn.out_proj.bias", "text_model.encoder.layers.10.self_attn.out_proj.bias")]
    [InlineData("visual.ln_pre.weight", "vision_model.pre_layrnorm.weight")]
    [InlineData("ln_final.bias", "text_model.final_layer_norm.bias")]
    [InlineData("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight")]
    public void Of_AParameter_GivesWhatItIsMadeOf(string name, params string[] expected) => Assert.Equal(expected, HuggingFaceNames.Of(name).Names);

    [Fact]
    public void Of_AllParametersOfTwoTransformers_UsesNoNameTwiceAndTransposesTheProjections()
    {
        string[] parameters = [.. ParameterShapes.Of(ExportedModel.Architectures["ViT, QuickGELU"]).Keys];

        string[] names = [.. parameters.SelectMany(p => HuggingFaceNames.Of(p).Names)];

        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        // Query, key and value are one of ours, with weight and bias, in two layers of two towers.
        Assert.Equal(parameters.Length + (2 * 2 * 2 * 2), names.Length);
        Assert.Equal(["visual.proj", "text_projection"], parameters.Where(p => HuggingFaceNames.Of(p).Transposed));
    }

    [Theory]
    [InlineData("visual.layer1.0.conv1.weight")]
    [InlineData("visual.bn1.running_mean")]
    [InlineData("transformer.resblocks.0.ln_3.weight")]
    [InlineData("transformer.resblocks.x.ln_1.weight")]
    [InlineData("visual")]
    [InlineData("")]
    public void Of_WhatClipModelDoesNotHave_SaysSo(string name) =>
        Assert.Contains($"'{name}'", Assert.Throws<NotSupportedException>(() => HuggingFaceNames.Of(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void AreIn_TellsTheTwoWaysApart()
    {
        Assert.True(HuggingFaceNames.AreIn(["logit_scale", "text_model.final_layer_norm.bias"]));
        Assert.False(HuggingFaceNames.AreIn(["logit_scale", "visual.proj", "text_projection"]));
    }
}
