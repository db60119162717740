using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Archives that are small and would take much memory.</summary>
public sealed class StoredFilesTests
{
    private readonly IHost _host = ((IHostEnvironment)new MLContext()).Register("test");

    [Fact]
    public void ReadStored_OneEntryUnderManyNames_IsOneArray()
    {
        const int Names = 50;
        byte[] content = new byte[4 << 20];
        using var zip = Archive(content);
        using var repository = RepositoryReader.Open(zip);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var files = ModelPersistence.ReadStored(_host, repository, [.. Enumerable.Range(0, Names).Select(i => ($"{i}.json", Hash(content)))]);

        Assert.Equal(Names, files.Names.Count);
        Assert.Equal(content, files.ReadAllBytes("49.json"));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 8L * content.Length, $"{allocated:N0} bytes were allocated");
    }

    [Fact]
    public void ReadStored_OneEntryUnderTheNameOfNoFile_IsRefused()
    {
        byte[] content = [1, 2, 3];
        using var zip = Archive(content);
        using var repository = RepositoryReader.Open(zip);

        Refused(repository, "'weights.bin' in the saved model is none of a CLIP model", ("config.json", Hash(content)), ("weights.bin", Hash(content)));
    }

    [Fact]
    public void ReadStored_TextsThatAreTooLargeTogether_AreRefused()
    {
        byte[] first = new byte[70 << 20], second = new byte[71 << 20];
        using var zip = Archive(first, second);
        using var repository = RepositoryReader.Open(zip);

        Refused(repository, "the texts in the saved model have 147,849,216 bytes; at most 134,217,728", ("a.json", Hash(first)), ("b.txt", Hash(second)));
    }

    [Fact]
    public void ReadStored_MoreGraphsThanAModelHas_AreRefused()
    {
        using var zip = Archive([1]);
        using var repository = RepositoryReader.Open(zip);

        Refused(repository, "has 9 graphs", [.. Enumerable.Range(0, 9).Select(i => ($"{i}.onnx", Hash([1])))]);
    }

    private void Refused(RepositoryReader repository, string expected, params (string Name, string Hash)[] files)
    {
        var error = Record.Exception(() => ModelPersistence.ReadStored(_host, repository, files));

        Assert.NotNull(error);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static MemoryStream Archive(params ReadOnlySpan<byte[]> entries)
    {
        var zip = new MemoryStream();
        using var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true);
        foreach (byte[] content in entries)
        {
            using var entry = archive.CreateEntry("ClipModelFiles/" + Hash(content), CompressionLevel.Fastest).Open();
            entry.Write(content);
        }
        return zip;
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
