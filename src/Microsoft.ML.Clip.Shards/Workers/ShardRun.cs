using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>One shard, computed once.</summary>
internal sealed class ShardRun(MLContext ml, ClipModel clip, ClipShardPlan plan, int shard, ClipShardWorkerOptions options)
{
    private const string Image = nameof(PathRow.Image), Embedding = "Embedding", Error = "Error";

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly ShardLayout _layout = plan.Layout;
    private readonly int _rows = plan.ShardAt(shard).Rows;

    // What the encoder does not need of a row waits here for its embedding: both come in the same order.
    private readonly ConcurrentQueue<(ShardRow Row, long Bytes)> _underWay = [];
    private readonly List<ShardFailedRow> _failures = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _told;
    private int _done, _failed;
    private long _bytes;

    public ClipShardResult Run(CancellationToken cancellation)
    {
        var inputs = options.InputLocation is { } moved ? ClipShardInputs.FromPlan(plan.Inputs.Kind, moved, plan.Inputs.Settings) : plan.Inputs;
        var input = inputs.Open();
        var files = plan.FilesOf(shard);
        InputCheck.Require(plan, input, inputs.Location, files, cancellation);
        _layout.CreateFolders();
        Leftovers.RemoveOwn(_layout, shard);
        using var results = new ShardResults(plan, shard);
        var texts = plan.Options.Texts ? new TextWindow(clip, plan.Options.Normalize, plan.EmbeddingDimension, results) : null;
        Embed(input, Rows(input, files, cancellation), inputs.Location, results, texts, cancellation);
        texts?.Flush(cancellation);
        if (_done != _rows)
        {
            throw new ClipShardException(ClipShardProblem.Input, $"The inputs gave {_done:N0} rows; the plan has {_rows:N0}.");
        }
        return ShardPublisher.Publish(plan, shard, results, new(_rows, _failed, _bytes, _clock.Elapsed), options.Redo, cancellation);
    }

    /// <summary>Leaves word of what went wrong, for whoever asks for the status; that it cannot be left is no error of its own.</summary>
    public static void Record(ClipShardPlan plan, int shard, ClipShardException problem)
    {
        var failure = new ShardFailure
        {
            Format = ShardFailure.CurrentFormat,
            Plan = plan.Fingerprint,
            Shard = shard,
            Problem = problem.Problem.ToString(),
            Message = problem.Message,
            Rows = problem.Rows,
            Machine = Environment.MachineName,
            Time = DateTime.UtcNow,
        };
        try
        {
            plan.Layout.CreateFolders();
            ShardFiles.WriteWhole(plan.Layout.Failure(shard), plan.Layout.NewTemporary(shard, Guid.NewGuid(), "failed"),
                JsonSerializer.SerializeToUtf8Bytes(failure, ShardJson.Default.ShardFailure));
        }
        catch (Exception e) when (ShardFiles.IsOfFiles(e))
        {
            // The error itself is on its way to the caller.
        }
    }

    private IEnumerable<ShardRow> Rows(IShardInput input, IReadOnlyList<(ShardInputFile File, long First, long Count)> files, CancellationToken cancellation)
    {
        foreach (var (file, first, count) in files)
        {
            foreach (var row in input.Read(file, first, count, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                long bytes = row.Path is null ? row.Bytes.Length : Math.Max(0, file.Length);
                _underWay.Enqueue((row with { Bytes = default }, bytes));
                yield return row;
            }
        }
    }

    private void Embed(IShardInput input, IEnumerable<ShardRow> rows, string location, ShardResults results, TextWindow? texts, CancellationToken cancellation)
    {
        // A row without an image goes along, so that every row is where the plan has it.
        var view = input.HasPaths ? ml.Data.LoadFromEnumerable(rows.Select(r => new PathRow { Image = r.Error is null ? r.Path! : "" }))
            : ml.Data.LoadFromEnumerable(rows.Select(r => new BytesRow { Image = r.Error is null ? ToArray(r.Bytes) : [] }));
        using var step = ml.Transforms.ClipImageEmbedding(Embedding, Image, clip, new()
        {
            BatchSize = plan.Options.BatchSize,
            WholeBatches = true,
            Normalize = plan.Options.Normalize,
            OnInvalidImage = ClipOnInvalidImage.Missing,
            ErrorColumnName = Error,
        }).Fit(view);
        var output = step.Transform(view);
        using var cursor = output.GetRowCursor([output.Schema[Embedding], output.Schema[Error]]);
        var embedding = cursor.GetGetter<VBuffer<float>>(output.Schema[Embedding]);
        var error = cursor.GetGetter<ReadOnlyMemory<char>>(output.Schema[Error]);
        VBuffer<float> values = default;
        ReadOnlyMemory<char> problem = default;
        float[] row = new float[plan.EmbeddingDimension];
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            embedding(ref values);
            error(ref problem);
            values.CopyTo(row);
            if (!_underWay.TryDequeue(out var source))
            {
                throw new InvalidOperationException("The pipeline gave more rows than it took.");
            }
            string? why = source.Row.Error ?? (problem.IsEmpty ? null : problem.ToString());
            if (why is not null)
            {
                InputCheck.RequireReadable(source.Row);
                row.AsSpan().Fill(float.NaN);
                why = WithoutFolder(why, location);
            }
            else if (texts is not null && source.Row.Caption is null)
            {
                why = "The row has no caption.";
            }
            results.Append(row, new(source.Row.Key, source.Row.Caption, why));
            texts?.Append(source.Row.Caption, cancellation);
            Count(source.Row.Key, source.Bytes, why);
        }
    }

    private void Count(string key, long bytes, string? why)
    {
        if (why is not null)
        {
            _failed++;
            if (_failures.Count < ShardFailure.MostRows)
            {
                _failures.Add(new(_done, key, why));
            }
            if (_failed > options.MaxFailed * _rows)
            {
                string named = string.Join("; ", _failures.Take(3).Select(f => $"row {f.Row}, '{f.Key}': {f.Error}"));
                string message = FormattableString.Invariant(
                    $"Shard {shard} is given up: {_failed:N0} of its first {_done + 1:N0} rows failed; {options.MaxFailed:P2} of its {_rows:N0} rows may. {named}{(_failed > 3 ? "; ..." : "")}");
                throw new ClipShardException(ClipShardProblem.TooManyFailed, message) { Shard = shard, Rows = _failures };
            }
        }
        (_done, _bytes) = (_done + 1, _bytes + bytes);
        if (options.Progress is { } progress && (_clock.Elapsed - _told >= ProgressInterval || _done == _rows))
        {
            _told = _clock.Elapsed;
            progress.Report(new(shard, _rows, _done, _failed, _bytes, _told));
        }
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array) && array.Offset == 0 && array.Count == array.Array!.Length ? array.Array : bytes.ToArray();

    // The same on every machine, wherever the inputs lie there.
    private static string WithoutFolder(string message, string location)
    {
        string folder = Path.TrimEndingDirectorySeparator(location);
        // Without the root's slash a path would have none at all.
        return folder == Path.GetPathRoot(folder) ? message : message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
    }

    private sealed class PathRow
    {
        public string Image { get; set; } = "";
    }

    private sealed class BytesRow
    {
        public byte[] Image { get; set; } = [];
    }
}
