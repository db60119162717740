namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// Pillow's resize as its documentation and Resample.c describe it, one number at a time and with nothing shared with the library: an antialiasing
/// filter as wide as the reduction, weights normalised in double precision and rounded to 22 bits, first along rows, then along
/// columns, each pass rounded and clipped to bytes.
/// </summary>
internal static class ReferenceResizer
{
    private const long One = 1L << 22;

    /// <summary>Resizes an image of pixels of four bytes.</summary>
    public static byte[] Resize(byte[] pixels, int width, int height, int newWidth, int newHeight, string filter)
    {
        long[][] columns = Weights(width, newWidth, filter);
        long[][] rows = Weights(height, newHeight, filter);
        byte[] wide = new byte[newWidth * height * 4];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                for (int c = 0; c < 4; c++)
                {
                    wide[(y * newWidth + x) * 4 + c] = Sum(columns[x], i => pixels[(y * width + i) * 4 + c]);
                }
            }
        }
        byte[] result = new byte[newWidth * newHeight * 4];
        for (int y = 0; y < newHeight; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                for (int c = 0; c < 4; c++)
                {
                    result[(y * newWidth + x) * 4 + c] = Sum(rows[y], i => wide[(i * newWidth + x) * 4 + c]);
                }
            }
        }
        return result;
    }

    /// <summary>For each output pixel a weight for every input pixel, most of them zero, in units of 2^-22.</summary>
    public static long[][] Weights(int size, int newSize, string filter)
    {
        if (filter == "nearest")
        {
            return Nearest(size, newSize);
        }
        if (size == newSize)
        {
            return [.. Enumerable.Range(0, size).Select(i => OneAt(i, size))];
        }
        double scale = (double)size / newSize;
        double blur = scale > 1 ? scale : 1;
        double reach = Reach(filter) * blur;
        long[][] all = new long[newSize][];
        for (int i = 0; i < newSize; i++)
        {
            double center = (i + 0.5) * scale;
            // Pixels whose centres, rounded, lie within reach; Pillow truncates after adding one half.
            int first = Math.Max((int)(center - reach + 0.5), 0), end = Math.Min((int)(center + reach + 0.5), size);
            double[] weights = [.. Enumerable.Range(first, end - first).Select(x => Filter(filter, (x - center + 0.5) * (1 / blur)))];
            double sum = 0;
            foreach (double weight in weights)
            {
                sum += weight;
            }
            all[i] = new long[size];
            for (int k = 0; k < weights.Length; k++)
            {
                double w = sum == 0 ? weights[k] : weights[k] / sum;
                all[i][first + k] = (long)(w < 0 ? w * One - 0.5 : w * One + 0.5);
            }
        }
        return all;
    }

    private static long[][] Nearest(int size, int newSize)
    {
        long[][] all = new long[newSize][];
        double step = (double)size / newSize, position = step * 0.5;
        for (int i = 0; i < newSize; i++, position += step)
        {
            all[i] = OneAt(Math.Min((int)position, size - 1), size);
        }
        return all;
    }

    private static long[] OneAt(int index, int size)
    {
        long[] weights = new long[size];
        weights[index] = One;
        return weights;
    }

    private static byte Sum(long[] weights, Func<int, byte> pixel)
    {
        long sum = One / 2;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] != 0)
            {
                sum += weights[i] * pixel(i);
            }
        }
        return (byte)Math.Clamp(sum >> 22, 0, 255);
    }

    private static double Reach(string filter) => filter switch { "box" => 0.5, "bilinear" or "hamming" => 1, "bicubic" => 2, "lanczos" => 3, _ => throw new ArgumentException(filter) };

    private static double Filter(string filter, double x)
    {
        double d = Math.Abs(x);
        switch (filter)
        {
            case "box":
                return x > -0.5 && x <= 0.5 ? 1 : 0;
            case "bilinear":
                return d < 1 ? 1 - d : 0;
            case "hamming":
                // Resample.c writes these two constants in single precision, which the last place of the weights shows.
                return d == 0 ? 1 : d >= 1 ? 0 : Math.Sin(d * Math.PI) / (d * Math.PI) * (0.54f + 0.46f * Math.Cos(d * Math.PI));
            case "bicubic":
                // Keys' cubic convolution with a = -1/2.
                const double a = -0.5;
                return d < 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
            default:
                return x >= -3 && x < 3 ? Sinc(x) * Sinc(x / 3) : 0;
        }
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
