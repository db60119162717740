using Microsoft.ML.Data;

namespace TrainLockedClip;

/// <summary>Other looks at a photograph: mirrored, two crops, and shrunk to 64 pixels as Tiny ImageNet's are.</summary>
internal static class Views
{
    public static readonly string[] Names = ["mirrored", "left", "right", "64"];

    private const int Small = 64;

    /// <summary>Writes the looks of a photograph that are not there.</summary>
    /// <returns>Their files, in the order of <see cref="Names"/>.</returns>
    public static string[] Write(string photograph, string folder)
    {
        string[] files = [.. Names.Select(v => Path.Combine(folder, v, Path.GetFileNameWithoutExtension(photograph) + ".png"))];
        if (files.All(File.Exists))
        {
            return files;
        }
        using var image = MLImage.CreateFromFile(photograph);
        var picture = Picture.Of(image);
        int edge = Math.Min(picture.Width, picture.Height), part = Math.Max(1, edge * 4 / 5);
        int x = picture.Width - part, y = picture.Height - part;
        var middle = picture.Crop((picture.Width - edge) / 2, (picture.Height - edge) / 2, edge, edge);
        Picture[] looks =
        [
            middle.Mirror(),
            picture.Crop(x / 4, y / 4, part, part),
            picture.Crop(x * 3 / 4, y * 3 / 4, part, part).Mirror(),
            middle.Shrink(Math.Min(Small, edge)),
        ];
        for (int i = 0; i < looks.Length; i++)
        {
            looks[i].Shrink(Math.Min(256, Math.Min(looks[i].Width, looks[i].Height))).Save(files[i]);
        }
        return files;
    }

    private sealed record Picture(int Width, int Height, byte[] Pixels, MLPixelFormat Format)
    {
        public static Picture Of(MLImage image) => new(image.Width, image.Height, image.Pixels.ToArray(), image.PixelFormat);

        public Picture Crop(int left, int top, int width, int height) => Map(width, height, (x, y) => (left + x, top + y));

        public Picture Mirror() => Map(Width, Height, (x, y) => (Width - 1 - x, y));

        /// <summary>Mean values of areas; square.</summary>
        public Picture Shrink(int edge)
        {
            if (edge == Width && edge == Height)
            {
                return this;
            }
            byte[] pixels = new byte[edge * edge * 4];
            for (int y = 0; y < edge; y++)
            {
                for (int x = 0; x < edge; x++)
                {
                    Mean(x * Width / edge, (x + 1) * Width / edge, y * Height / edge, (y + 1) * Height / edge, pixels.AsSpan((y * edge + x) * 4, 4));
                }
            }
            return new Picture(edge, edge, pixels, Format);
        }

        public void Save(string file)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            string own = file + $".{Guid.NewGuid():N}.png";
            using (var image = MLImage.CreateFromPixels(Width, Height, Format, Pixels))
            {
                image.Save(own);
            }
            File.Move(own, file, overwrite: true);
        }

        private Picture Map(int width, int height, Func<int, int, (int X, int Y)> from)
        {
            byte[] pixels = new byte[width * height * 4];
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    (int sourceX, int sourceY) = from(x, y);
                    Pixels.AsSpan((sourceY * Width + sourceX) * 4, 4).CopyTo(pixels.AsSpan((y * width + x) * 4));
                }
            }
            return new Picture(width, height, pixels, Format);
        }

        private void Mean(int left, int right, int top, int bottom, Span<byte> mean)
        {
            Span<int> sum = stackalloc int[4];
            for (int y = top; y < bottom; y++)
            {
                for (int i = (y * Width + left) * 4; i < (y * Width + right) * 4; i++)
                {
                    sum[i & 3] += Pixels[i];
                }
            }
            int count = (right - left) * (bottom - top);
            for (int c = 0; c < 4; c++)
            {
                mean[c] = (byte)((sum[c] + count / 2) / count);
            }
        }
    }
}
