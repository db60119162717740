namespace Microsoft.ML.Clip;

/// <summary>Which vector of an image to give out; the names follow Figure 3 of Radford et al. 2021.</summary>
public enum ClipFeatures
{
    /// <summary>I_e, the image in the space that it shares with texts: what is compared with text embeddings.</summary>
    JointEmbedding,

    /// <summary>
    /// I_f, the output of the image encoder before the projection into the joint space: what the paper trains linear probes on. It has a
    /// length of its own (768 where ViT-B/32's joint embedding has 512). A ResNet CLIP has no such vector: its attention pooling projects.
    /// </summary>
    Encoder,
}
