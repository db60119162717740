namespace Microsoft.ML.Clip;

/// <summary>
/// One axis of "resize, then centre crop or pad": the axis is resized to <see cref="ResizedSize"/> pixels, of which <see cref="Count"/> from
/// <see cref="Offset"/> on survive; they stand <see cref="Padding"/> pixels from the start of the output.
/// </summary>
internal readonly record struct CropAxis(int ResizedSize, int Offset, int Count, int Padding)
{
    public static CropAxis Create(int resizedSize, int outputSize, ClipImageConvention convention)
    {
        int excess = resizedSize - outputSize;
        bool huggingFace = convention == ClipImageConvention.HuggingFace;
        if (excess >= 0)
        {
            // transformers, center_crop: (size - crop) // 2. torchvision, center_crop: int(round((size - crop) / 2.0)), half to even.
            int offset = huggingFace ? excess / 2 : (int)Math.Round(excess / 2.0, MidpointRounding.ToEven);
            return new CropAxis(resizedSize, offset, outputSize, 0);
        }
        // transformers pads ceil(missing / 2) before the image, torchvision floor(missing / 2).
        int missing = -excess;
        return new CropAxis(resizedSize, 0, resizedSize, huggingFace ? (missing + 1) / 2 : missing / 2);
    }
}
