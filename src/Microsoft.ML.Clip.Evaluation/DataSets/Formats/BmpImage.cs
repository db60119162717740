using System.Buffers.Binary;

namespace Microsoft.ML.Clip;

/// <summary>Makes files of bare pixels, as the library's decoder takes: BMP of 24 bits, without compression, so that not one value changes.</summary>
internal static class BmpImage
{
    private const int Header = 54, InfoHeader = 40, BitsPerPixel = 24;

    /// <summary>From grey values, row by row.</summary>
    public static byte[] FromGray(ReadOnlySpan<byte> pixels, int width, int height) => FromPlanes(pixels, pixels, pixels, width, height);

    /// <summary>From the planes of red, green and blue, each row by row.</summary>
    public static byte[] FromPlanes(ReadOnlySpan<byte> red, ReadOnlySpan<byte> green, ReadOnlySpan<byte> blue, int width, int height)
    {
        int stride = ((3 * width) + 3) & ~3;
        byte[] file = new byte[Header + (stride * height)];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), Header);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), InfoHeader);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), BitsPerPixel);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(34), stride * height);
        for (int y = 0; y < height; y++)
        {
            // The lowest row comes first.
            var row = file.AsSpan(Header + (stride * (height - 1 - y)));
            for (int x = 0; x < width; x++)
            {
                int i = (y * width) + x;
                (row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2]) = (blue[i], green[i], red[i]);
            }
        }
        return file;
    }
}
