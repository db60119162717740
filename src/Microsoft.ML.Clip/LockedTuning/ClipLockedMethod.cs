namespace Microsoft.ML.Clip;

/// <summary>
/// How <see cref="ClipLockedTrainer"/> learns. All but <see cref="Contrastive"/> are closed forms: one solution, in seconds, with nothing to tune but how
/// strongly it is held back.
/// </summary>
public enum ClipLockedMethod
{
    /// <summary>
    /// Ridge regression from images to the texts' own features, which stay as they are: DeViSE (Frome et al. 2013) with least squares. The simplest; the
    /// space is the text encoder's.
    /// </summary>
    Ridge,

    /// <summary>
    /// The bilinear form x · V · t that is nearest to the relation of images and texts, regularised on both sides: ESZSL (Romera-Paredes and Torr 2015).
    /// Texts are mapped to the images, whose space stays as it is.
    /// </summary>
    Bilinear,

    /// <summary>
    /// The same on φ(t) = exp(β (cos(t, anchor) - 1)), a Gaussian kernel on the sphere of texts whose anchors are texts that were trained with. Sees what
    /// is near to which, and for a new name trusts those that it resembles: the best for names that were never trained.
    /// </summary>
    Kernel,

    /// <summary>
    /// The contrastive loss of CLIP and of locked-image tuning (Zhai et al. 2022) on batches, by AdamW: linear maps or small networks on one side or both.
    /// Fits what it sees best, and needs many pairs to be good on what it does not.
    /// </summary>
    Contrastive,
}
