using System.Runtime.CompilerServices;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>JPEGs of which only some columns are decoded: those have to be as in the whole picture.</summary>
public sealed class ScanlineRowsTests
{
    private const int Width = 203;
    private const int Height = 37;

    [Theory]
    [InlineData(SKJpegEncoderDownsample.Downsample420, 1f), InlineData(SKJpegEncoderDownsample.Downsample422, 1f),
        InlineData(SKJpegEncoderDownsample.Downsample444, 1f)]
    [InlineData(SKJpegEncoderDownsample.Downsample420, 0.5f), InlineData(SKJpegEncoderDownsample.Downsample420, 0.25f),
        InlineData(SKJpegEncoderDownsample.Downsample444, 0.125f)]
    public void Need_AnyColumns_GivesThemAsTheWholePictureHasThem(SKJpegEncoderDownsample sampling, float scale)
    {
        byte[] file = Noise(sampling);
        byte[] whole = Decode(file, 0, int.MaxValue, scale);
        int height = (int)Math.Ceiling(Height * scale), width = whole.Length / ImageResizer.Channels / height;
        for (int start = 0; start < width; start += 3)
        {
            for (int end = start + 1; end <= width; end += 7)
            {
                byte[] part = Decode(file, start, end, scale);
                for (int y = 0; y < height; y++)
                {
                    int first = ((y * width) + start) * ImageResizer.Channels, length = (end - start) * ImageResizer.Channels;
                    Assert.True(whole.AsSpan(first, length).SequenceEqual(part.AsSpan(first, length)), $"row {y} of columns {start} to {end}");
                }
            }
        }
    }

    [Fact]
    public void Need_ColumnsInTheMiddle_LeavesTheOthersOut()
    {
        byte[] file = Noise(SKJpegEncoderDownsample.Downsample420);
        byte[] whole = Decode(file, 0, Width), part = Decode(file, 100, 110);
        // What is there instead is undefined, but not the first row of this picture.
        int left = 80 * ImageResizer.Channels, right = 130 * ImageResizer.Channels, row = Width * ImageResizer.Channels;
        Assert.False(whole.AsSpan(0, left).SequenceEqual(part.AsSpan(0, left)));
        Assert.False(whole.AsSpan(right, row - right).SequenceEqual(part.AsSpan(right, row - right)));
    }

    [Fact]
    public void Complete_ColumnsNeededOfATruncatedFile_IsAnError()
    {
        byte[] file = Noise(SKJpegEncoderDownsample.Downsample420);
        Assert.Throws<ClipImageException>(() => Decode(file[..(file.Length / 2)], 100, 110));
    }

    // The decoder keeps a pointer to the columns, which SkiaSharp put on the stack, and asks it how much to fill where rows are missing. Here something
    // else lies there by then: filling so much would end the process.
    [Fact]
    public unsafe void Complete_ColumnsNeededOfATruncatedFile_WritesNothingBeyondTheRows()
    {
        byte[] file = Noise(SKJpegEncoderDownsample.Downsample420);
        for (int i = 0; i < 16; i++)
        {
            fixed (byte* p = file)
            {
                using var data = SKData.Create((nint)p, file.Length / 2);
                var codec = SKCodec.Create(data);
                using var rows = new ScanlineRows(codec, codec.Info.Size);
                NeedFromDeepBelow(rows);
                Overwrite(i % 4);
                Assert.Throws<ClipImageException>(rows.Complete);
            }
        }
    }

    // So deep that what is called later does not reach down to it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NeedFromDeepBelow(ScanlineRows rows)
    {
        Span<byte> stack = stackalloc byte[128 * 1024];
        stack.Fill(1);
        rows.Need(100, 110);
        Assert.Equal(1, stack[^1]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Overwrite(int phase)
    {
        Span<int> stack = stackalloc int[64 * 1024];
        for (int i = 0; i < stack.Length; i++)
        {
            stack[i] = i % 4 == phase ? 1 << 28 : 0;
        }
        return stack[phase];
    }

    private static unsafe byte[] Decode(byte[] file, int start, int end, float scale = 1)
    {
        fixed (byte* p = file)
        {
            using var data = SKData.Create((nint)p, file.Length);
            var codec = SKCodec.Create(data);
            using var rows = new ScanlineRows(codec, codec.GetScaledDimensions(scale));
            rows.Need(start, Math.Min(end, rows.Width));
            int rowBytes = rows.Width * ImageResizer.Channels;
            byte[] pixels = new byte[rows.Height * rowBytes];
            for (int y = 0; y < rows.Height; y++)
            {
                rows.Row(y).CopyTo(pixels.AsSpan(y * rowBytes));
            }
            rows.Complete();
            return pixels;
        }
    }

    private static byte[] Noise(SKJpegEncoderDownsample sampling)
    {
        using var bitmap = SKBitmap.Decode(TestImages.EncodePng(Width, Height, seed: 8));
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKJpegEncoderOptions(90, sampling, SKJpegEncoderAlphaOption.Ignore));
        return data.ToArray();
    }
}
