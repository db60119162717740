using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Icons that are bitmaps, with masks, against Pillow's numbers (<c>eng/golden/icons.py</c>).</summary>
public sealed class IconDecoderTests
{
    private const int Width = 19, Height = 13;

    [Theory]
    [InlineData(1, "a83f4b63669bc63c", "8a288bcc83ad387a")]
    [InlineData(4, "6d2106511df4b84f", "62ba07e01ffa9e8c")]
    [InlineData(8, "896b63ec9b3f43d1", "6f74e2dbdcea6cad")]
    [InlineData(24, "8e989f1a8310c5c5", "2044cbbbedc9c1da")]
    [InlineData(32, "1fa869ebb87b2bca", "d0e057ce1a80c1d5")]
    public void Decode_WithAMask_KeepsColoursAsPillowAndTakesTheMaskForAlpha(int bits, string decoded, string resized)
    {
        byte[] file = Icon(bits);
        var openAI = RawPixels.Create("\"size\": { \"height\": 8, \"width\": 8 }", 8, 8, new() { Convention = ClipImageConvention.OpenAI });

        Assert.Equal(decoded, ImagingFixture.Sha256(RawPixels.Decode(file, Width, Height))[..16]);
        Assert.Equal(resized, ImagingFixture.Sha256(RawPixels.Run(openAI, file))[..16]);
    }

    [Fact]
    public void Decode_FixtureOf24Bits_EqualsPillow()
    {
        byte[] file = File.ReadAllBytes(SharedFolder.Require("fixtures/attack/ico-24bit-and-mask.ico"));

        Assert.Equal("fcb3eb8be5a011cb284854570ea4e1280d63830792e6cdea21e605d582abd50a", ImagingFixture.Sha256(RawPixels.Decode(file, 17, 17)));
    }

    [Fact]
    public void Decode_MaskCutOff_IsAnError()
    {
        byte[] file = Icon(24);
        Assert.Throws<ClipImageException>(() => RawPixels.Decode(file[..^4], Width, Height));
    }

    private static byte[] Icon(int bits)
    {
        int stride = ((Width * bits) + 31) / 32 * 4, maskStride = (Width + 31) / 32 * 4;
        byte[] palette = bits > 8 ? [] : [.. Enumerable.Range(0, 1 << bits).SelectMany(i => (byte[])[(byte)(i * 7), (byte)(i * 3), (byte)(255 - i), 0])];
        byte[] header = new byte[40];
        foreach (var (offset, value) in ((int, int)[])[(0, 40), (4, Width), (8, 2 * Height), (12, 1 | (bits << 16))])
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(offset), value);
        }
        byte[] dib = [.. header, .. palette, .. Rows(stride, 5, 11), .. Rows(maskStride, 37, 91)];
        byte[] place = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(place, dib.Length);
        place[4] = 22;
        return [0, 0, 1, 0, 1, 0, Width, Height, 0, 0, 1, 0, (byte)bits, 0, .. place, .. dib];
    }

    private static IEnumerable<byte> Rows(int stride, int byX, int byY) =>
        Enumerable.Range(0, Height).SelectMany(y => Enumerable.Range(0, stride).Select(x => (byte)((x * byX) + (y * byY))));
}
