namespace TrainTinyClip;

/// <summary>How long and on what a network is trained.</summary>
/// <param name="Steps">Steps in all.</param>
/// <param name="Batch">Images of a step.</param>
/// <param name="Warmup">Steps in which the learning rate rises.</param>
/// <param name="Decay">The decay of the weights.</param>
/// <param name="Crop">The least area that a crop keeps.</param>
/// <param name="ReducedImageSize">Height and width of the images of the first steps.</param>
/// <param name="ReducedShare">The part of the steps that has them.</param>
/// <param name="Evaluations">How often accuracy is measured on the way.</param>
internal sealed record Recipe(int Steps, int Batch, int Warmup, double Decay, double Crop, int ReducedImageSize, double ReducedShare, int Evaluations);
