using System.Security.Cryptography;
using System.Text.Json;

namespace Microsoft.ML.Clip;

/// <summary>
/// The list of input files beside a plan, a line of JSON for each. A shard's lines lie together, so that a worker reads those alone, and a plan of any size
/// takes no more memory than one of its shards.
/// </summary>
internal static class PlanList
{
    public const string Name = "plan.inputs.jsonl";

    // What the lines of one shard may take: 10,000,000 of them would be more than anybody schedules as one piece of work.
    private const int MostBytes = 1 << 30;

    // The longest path that a system has, and a caption.
    private const int MostBytesOfLine = 1 << 20;

    /// <summary>Writes the list and cuts it into shards.</summary>
    public static (IReadOnlyList<PlanShard> Shards, long Files, long Rows) Write(Stream output, IEnumerable<ShardInputFile> files, int rowsPerShard,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        var cutter = new Cutter(rowsPerShard);
        long count = 0;
        foreach (var file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (file.Rows == 0)
            {
                continue;
            }
            byte[] line = Line(file);
            output.Write(line);
            cutter.Add(line, file.Rows);
            if (++count % 4096 == 0)
            {
                progress?.Report(cutter.Rows);
            }
        }
        var shards = cutter.Finish();
        progress?.Report(cutter.Rows);
        return (shards, count, cutter.Rows);
    }

    /// <summary>Reads the files of a shard, each with the rows of it that are the shard's.</summary>
    /// <exception cref="ClipShardException">The list is not the plan's.</exception>
    public static IReadOnlyList<(ShardInputFile File, long First, long Count)> Read(string path, PlanShard shard, int index)
    {
        byte[] bytes = ReadBytes(path, shard, index);
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != shard.Sha256)
        {
            throw Error(path, index, "its lines are not those that the plan was made with");
        }
        var files = new List<(ShardInputFile, long, long)>();
        long skip = shard.Skip, left = shard.Rows;
        for (int start = 0; start < bytes.Length;)
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            if (length is < 0 or > MostBytesOfLine)
            {
                throw Error(path, index, "a line does not end");
            }
            var file = Parse(path, index, bytes.AsSpan(start, length));
            long count = Math.Min(file.Rows - skip, left);
            if (count <= 0)
            {
                throw Error(path, index, $"'{file.Name}' has none of its rows");
            }
            files.Add((file, skip, count));
            (skip, left, start) = (0, left - count, start + length + 1);
        }
        return left == 0 ? files : throw Error(path, index, $"its files have {left:N0} rows too few");
    }

    private static byte[] Line(ShardInputFile file)
    {
        var line = new PlanLine(file.Name, file.Length, file.Modified, file.Rows == 1 ? null : file.Rows, file.Caption, file.Marks);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(line, ShardJson.Default.PlanLine);
        if (json.Length >= MostBytesOfLine)
        {
            throw new ClipShardException(ClipShardProblem.Input, $"The name and the caption of '{file.Name[..Math.Min(200, file.Name.Length)]}' take {json.Length:N0} bytes; {MostBytesOfLine:N0} are the most of a row.");
        }
        return [.. json, (byte)'\n'];
    }

    private static ShardInputFile Parse(string path, int index, ReadOnlySpan<byte> json)
    {
        PlanLine line;
        try
        {
            line = JsonSerializer.Deserialize(json, ShardJson.Default.PlanLine) ?? throw Error(path, index, "a line is null");
        }
        catch (JsonException e)
        {
            throw Error(path, index, e.Message);
        }
        return line is { B: >= ShardInputFile.Missing, R: null or > 0 } && AreMarks(line) ? new(line.F, line.B, line.M, line.R ?? 1, line.C, line.K)
            : throw Error(path, index, $"'{line.F}' has no rows, or marks that make no sense");
    }

    private static bool AreMarks(PlanLine line)
    {
        long before = 0;
        foreach (long mark in line.K ?? [])
        {
            if (mark <= before || mark >= line.B)
            {
                return false;
            }
            before = mark;
        }
        return true;
    }

    private static byte[] ReadBytes(string path, PlanShard shard, int index)
    {
        try
        {
            using var file = RegularFile.OpenHandle(path);
            if (shard.Offset + shard.Length > RandomAccess.GetLength(file) || shard.Length > MostBytes)
            {
                throw Error(path, index, $"it ends before byte {shard.Offset + shard.Length:N0}");
            }
            byte[] bytes = new byte[shard.Length];
            for (int read = 0; read < bytes.Length;)
            {
                int n = RandomAccess.Read(file, bytes.AsSpan(read), shard.Offset + read);
                read += n > 0 ? n : throw Error(path, index, "it became shorter while it was read");
            }
            return bytes;
        }
        catch (FileNotFoundException e)
        {
            throw Error(path, index, e.Message);
        }
        catch (IOException) when (RegularFile.WhyNot(path) is { } reason)
        {
            throw Error(path, index, reason);
        }
    }

    private static ClipShardException Error(string path, int shard, string problem) =>
        new(ClipShardProblem.Plan, $"Shard {shard} of the list of inputs '{path}' cannot be used: {problem}.") { Shard = shard };

    /// <summary>Finds which lines hold the rows of each shard. A line whose rows belong to several shards belongs to each of these.</summary>
    private sealed class Cutter(int rowsPerShard) : IDisposable
    {
        private readonly List<PlanShard> _shards = [];
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _position, _offset, _length, _skip;
        private int _rows;

        public long Rows { get; private set; }

        public void Add(byte[] line, long rows)
        {
            long used = 0;
            while (used < rows)
            {
                if (_rows == 0)
                {
                    (_offset, _length, _skip) = (_position, 0, used);
                }
                _hash.AppendData(line);
                _length += line.Length;
                int taken = (int)Math.Min(rows - used, rowsPerShard - _rows);
                (used, _rows, Rows) = (used + taken, _rows + taken, Rows + taken);
                if (_rows == rowsPerShard)
                {
                    Close();
                }
            }
            _position += line.Length;
        }

        public IReadOnlyList<PlanShard> Finish()
        {
            if (_rows > 0)
            {
                Close();
            }
            return _shards;
        }

        public void Dispose() => _hash.Dispose();

        private void Close()
        {
            if (_shards.Count == PlanFile.MostShards || _length > MostBytes)
            {
                throw new ClipShardException(ClipShardProblem.Plan, $"There would be more than {PlanFile.MostShards:N0} shards, or more than {MostBytes:N0} bytes of names in one; set {nameof(ClipShardPlanOptions)}.{nameof(ClipShardPlanOptions.RowsPerShard)} to another number than {rowsPerShard:N0}.");
            }
            _shards.Add(new(Rows - _rows, _rows, _skip, _offset, (int)_length, Convert.ToHexStringLower(_hash.GetHashAndReset())));
            _rows = 0;
        }
    }
}
