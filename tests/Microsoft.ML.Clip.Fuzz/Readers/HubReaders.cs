using System.Text;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>What a hub, or another process through the shared cache, says of a repository's files.</summary>
internal static class HubReaders
{
    private const string Hash = "0123456789abcdef0123456789abcdef01234567", LongHash = Hash + "89abcdef0123456789abcdef";

    private const string Page = $$"""
        [{"type":"directory","oid":"{{Hash}}","size":0,"path":"onnx"},
         {"type":"file","oid":"{{Hash}}","size":1512,"path":"config.json"},
         {"type":"file","oid":"{{Hash}}","size":134,"path":"onnx/model.onnx","lfs":{"oid":"{{LongHash}}","size":606000000,"pointerSize":134},"xetHash":"{{LongHash}}"}]
        """;

    private const string Tree = $$"""
        {"format_version":1,"files":{"config.json":{"size":1512,"blob_id":"{{Hash}}"},
         "onnx/model.onnx":{"size":606000000,"blob_id":"{{Hash}}","lfs_sha256":"{{LongHash}}","lfs_size":606000000,"xet_hash":"{{LongHash}}"} } }
        """;

    public static Reader Listing { get; } = new("hub-listing", new JsonFormat("type", "file", "directory", "path", "oid", "size", "lfs", "xetHash", "format_version", "files", "blob_id",
        "lfs_sha256", "xet_hash", "../config.json", "/etc/passwd", "a/./b", "C:\\x", Hash, LongHash), () => [Encoding.UTF8.GetBytes(Page), Encoding.UTF8.GetBytes(Tree)], Read)
    {
        Sources = ["Microsoft.ML.Clip/Hub/HubListing.cs"],
        IsDocumented = e => e is InvalidDataException,
        Share = 40_000,
    };

    private static void Read(byte[] input)
    {
        // What is broken in the cache is asked for again, and so no error.
        if (HubListing.Read(input, "the tree") is { } tree)
        {
            Check(tree);
        }
        Check(new HubListing(HubListing.ReadPage(input, "the page")));
    }

    private static void Check(HubListing listing)
    {
        string root = Path.GetFullPath("/cache/snapshot") + Path.DirectorySeparatorChar;
        foreach (string name in listing.Names)
        {
            var file = listing.Find(name)!;
            Inputs.Require(Path.GetFullPath(Path.Combine(root, name)) == root + name, "A name leads elsewhere.");
            Inputs.Require(file.Size >= 0 && HubFile.IsEtag(file.Etag) && HubFile.IsEtag(file.BlobId), "A size or a hash is none.");
        }
        using var written = new MemoryStream();
        listing.Write(written);
        var again = HubListing.Read(written.ToArray(), "what was written");
        Inputs.Require(again is not null && again.Names.SequenceEqual(listing.Names) && listing.Names.All(n => again.Find(n) == listing.Find(n)), "What was written reads as something else.");
    }
}
