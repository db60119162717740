namespace Microsoft.ML.Clip;

/// <summary>Where the pixels of the output lie in the resized image.</summary>
internal readonly record struct CropGeometry(CropAxis Columns, CropAxis Rows)
{
    /// <summary>The geometry for an image of the given size.</summary>
    /// <exception cref="ClipImageException">The resized image would have an edge of more than 2³¹ pixels.</exception>
    public static CropGeometry Create(int width, int height, ClipImagePreprocessorSettings settings)
    {
        (long resizedWidth, long resizedHeight) = ResizedSize(width, height, settings);
        if (Math.Max(resizedWidth, resizedHeight) > int.MaxValue)
        {
            throw new ClipImageException(
                $"The image of {width} x {height} pixels is too narrow: resized it would have {resizedWidth} x {resizedHeight} pixels.");
        }
        return new CropGeometry(
            CropAxis.Create((int)resizedWidth, settings.Width, settings.Convention),
            CropAxis.Create((int)resizedHeight, settings.Height, settings.Convention));
    }

    private static (long Width, long Height) ResizedSize(int width, int height, ClipImagePreprocessorSettings settings)
    {
        (int targetWidth, int targetHeight) = (settings.ResizeWidth, settings.ResizeHeight);
        return settings.ResizeMode switch
        {
            ClipResizeMode.None => (width, height),
            ClipResizeMode.Squash => (targetWidth, targetHeight),
            ClipResizeMode.Shortest when targetWidth == targetHeight => ShortestEdge(width, height, targetWidth),
            ClipResizeMode.Shortest => KeepRatio(width, height, Math.Min((double)height / targetHeight, (double)width / targetWidth)),
            _ => KeepRatio(width, height, Math.Max((double)height / targetHeight, (double)width / targetWidth)),
        };
    }

    // transformers, get_resize_output_image_size, and torchvision, _compute_resized_output_size: new_long = int(size * long / short), truncated.
    private static (long Width, long Height) ShortestEdge(int width, int height, int size) => width <= height
        ? (size, (long)((double)((long)size * height) / width))
        : ((long)((double)((long)size * width) / height), size);

    // open_clip, ResizeKeepRatio: round(x / ratio), half to even. It may round to 0, which the reference fails on; one pixel is the least.
    private static (long Width, long Height) KeepRatio(int width, int height, double ratio) =>
        (Math.Max(1, (long)Math.Round(width / ratio, MidpointRounding.ToEven)), Math.Max(1, (long)Math.Round(height / ratio, MidpointRounding.ToEven)));
}

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
