using System.Formats.Tar;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Reads inputs as plans and workers do.</summary>
internal static class InputRows
{
    /// <summary>The files, as a plan finds them.</summary>
    public static ShardInputFile[] Files(ClipShardInputs inputs) => [.. inputs.Open().List(CancellationToken.None)];

    /// <summary>All rows, as a worker reads them that has only the plan.</summary>
    public static ShardRow[] All(ClipShardInputs inputs) => Range(inputs, 0, Files(inputs).Sum(f => f.Rows));

    /// <summary>Rows of all files together.</summary>
    public static ShardRow[] Range(ClipShardInputs inputs, long first, long count)
    {
        var files = Files(inputs);
        var again = ClipShardInputs.FromPlan(inputs.Kind, inputs.Location, inputs.Settings).Open();
        var rows = new List<ShardRow>();
        long before = 0;
        foreach (var file in files)
        {
            long from = Math.Max(first - before, 0), end = Math.Min(first + count - before, file.Rows);
            if (from < end)
            {
                rows.AddRange(again.Read(file, from, end - from, CancellationToken.None));
            }
            before += file.Rows;
        }
        return [.. rows];
    }

    public static byte[] Tar(params (string Name, byte[] Content)[] entries) => Tar(TarEntryFormat.Ustar, entries);

    public static byte[] Tar(TarEntryFormat format, params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, format, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(content);
                writer.WriteEntry(entry);
            }
        }
        return stream.ToArray();
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ShardRow row) => Encoding.UTF8.GetString(row.Bytes.Span);

    public static string Sample(string name) => Path.Combine(BuildFacts.RepositoryRoot, "samples/images", name);

    public static ClipShardException Fails(ClipShardInputs inputs) => Assert.Throws<ClipShardException>(() => All(inputs));
}
