using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Small Parquet files of images and labels, by Parquet.Net.</summary>
internal static class ParquetFiles
{
    public static string Write(TemporaryDirectory folder, string name, (byte[] Image, object Label)[][] groups,
        CompressionMethod method = CompressionMethod.Snappy, string image = "jpg", string label = "label")
    {
        using var stream = new MemoryStream();
        WriteAsync(stream, groups, method, image, label).GetAwaiter().GetResult();
        return folder.Write(name, stream.ToArray());
    }

    private static async Task WriteAsync(Stream stream, (byte[] Image, object Label)[][] groups, CompressionMethod method, string image, string label)
    {
        var images = new DataField(image, typeof(byte[]));
        var labels = new DataField(label, groups[0][0].Label.GetType());
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(images, labels), stream, new ParquetOptions { CompressionMethod = method });
        foreach (var group in groups)
        {
            using var rows = writer.CreateRowGroup();
            await rows.WriteAsync(images, [.. group.Select(r => r.Image)]);
            if (groups[0][0].Label is string)
            {
                await rows.WriteAsync(labels, [.. group.Select(r => (string)r.Label)]);
            }
            else
            {
                await rows.WriteAsync<int>(labels, group.Select(r => (int)r.Label).ToArray());
            }
            rows.CompleteValidate();
        }
    }
}
