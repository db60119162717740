namespace Microsoft.ML.Clip.Tests;

/// <summary>Images that cannot be used, met in the middle of good ones.</summary>
public sealed class InvalidImageTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    public static TheoryData<string> Kinds => new("empty file", "text file", "truncated file", "missing file", "directory", "empty path", "huge header");

    private MLContext ML => fixture.ML;

    [Theory, MemberData(nameof(Kinds))]
    public void Throw_NamesRowColumnAndCause(string kind)
    {
        using var directory = new TemporaryDirectory();
        string bad = MakeBad(directory, kind);
        var view = ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model).Fit(fixture.Data).Transform(Around(bad));

        var error = Assert.Throws<InvalidOperationException>(() => view.GetColumnOf("Features"));

        Assert.StartsWith("Row 3 (counted from 0), column 'Path': ", error.Message, StringComparison.Ordinal);
        if (bad.Length > 0)
        {
            Assert.Contains(Path.GetFileName(bad), error.Message, StringComparison.Ordinal);
        }
        Assert.IsType<ClipImageException>(error.InnerException);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Missing_GivesNaNAndLeavesTheRestUntouched(string kind)
    {
        using var directory = new TemporaryDirectory();
        var data = Around(MakeBad(directory, kind));
        var ml = new MLContext();
        var log = new List<string>();
        ml.Log += (_, e) => { lock (log) { log.Add(e.Message); } };
        var options = new ClipImageEmbeddingOptions { OnInvalidImage = ClipOnInvalidImage.Missing, BatchSize = 2 };

        float[][] rows = ml.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, options).Fit(data).Transform(data).GetColumnOf("Features");

        float[][] good = fixture.Model.EncodeImages([.. fixture.Rows[..6].Select(r => r.Image)]);
        Assert.Equal(7, rows.Length);
        Assert.All(rows[3], v => Assert.Equal(float.NaN, v));
        int[] positions = [0, 1, 2, 4, 5, 6];
        for (int i = 0; i < positions.Length; i++)
        {
            Assert.All(good[i].Zip(rows[positions[i]]), pair => Assert.Equal(pair.First, pair.Second, Tolerances.BatchSize));
        }
        Assert.Contains(log, m => m.Contains("1 of the rows read had no usable value in column 'Path'", StringComparison.Ordinal));
    }

    [Fact]
    public void Throw_BytesAndNullImages_NameTheRow()
    {
        var rows = new[] { fixture.Rows[0], new StepRow { Bytes = [1, 2, 3], Image = null! } };
        foreach (string column in (string[])["Bytes", "Image"])
        {
            var view = ML.Transforms.ClipImageEmbedding("Features", column, fixture.Model).Fit(fixture.Data).Transform(ML.Data.LoadFromEnumerable(rows));

            var error = Assert.Throws<InvalidOperationException>(() => view.GetColumnOf("Features"));

            Assert.StartsWith($"Row 1 (counted from 0), column '{column}': ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ImageFolder_RelativePaths_StartThere()
    {
        string folder = Path.GetDirectoryName(fixture.Rows[0].Path)!;
        var data = ML.Data.LoadFromEnumerable(fixture.Rows.Select(r => new StepRow { Path = Path.GetFileName(r.Path) }));

        float[][] rows = ML.Transforms.ClipImageEmbedding("Features", "Path", fixture.Model, new() { ImageFolder = folder }).Fit(data).Transform(data).GetColumnOf("Features");

        Assert.Equal(fixture.Run(fixture.Create("Image Path").Fit(fixture.Data), "Image Path").Length, rows.Length);
    }

    private IDataView Around(string badPath)
    {
        var paths = fixture.Rows[..6].Select(r => r.Path).ToList();
        paths.Insert(3, badPath);
        return ML.Data.LoadFromEnumerable(paths.Select(p => new StepRow { Path = p }));
    }

    private static string MakeBad(TemporaryDirectory directory, string kind)
    {
        string path = directory.Combine("bad.png");
        byte[] good = TestImages.EncodePng(40, 30, seed: 9);
        switch (kind)
        {
            case "empty file":
                File.WriteAllBytes(path, []);
                break;
            case "text file":
                File.WriteAllText(path, "This is not a picture.");
                break;
            case "truncated file":
                File.WriteAllBytes(path, good[..(good.Length / 2)]);
                break;
            case "missing file":
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "empty path":
                return "";
            case "huge header":
                // IHDR holds width and height at bytes 16 to 23; its checksum follows.
                byte[] huge = [.. good];
                (huge[16], huge[17], huge[18], huge[19]) = (0, 0, 60000 >> 8, 60000 & 255);
                (huge[20], huge[21], huge[22], huge[23]) = (0, 0, 60000 >> 8, 60000 & 255);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(huge.AsSpan(29), Crc32(huge.AsSpan(12, 17)));
                File.WriteAllBytes(path, huge);
                break;
            default:
                throw new ArgumentException(kind);
        }
        return path;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }
        return ~crc;
    }
}
