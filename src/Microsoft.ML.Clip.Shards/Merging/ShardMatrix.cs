using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>A shard's embeddings, read from the first row to the last; then their hash has to be the marker's.</summary>
internal sealed class ShardMatrix : IDisposable
{
    private readonly HashedShardFile _file;
    private readonly bool _half;
    private readonly byte[] _bytes;
    private readonly float[] _row;

    /// <exception cref="ClipShardException">It is no matrix of this shape: <see cref="ClipShardProblem.Marker"/>.</exception>
    public ShardMatrix(ClipShardPlan plan, ShardMarker marker, string kind)
    {
        _half = plan.Options.Half;
        _row = new float[plan.EmbeddingDimension];
        _bytes = new byte[_row.Length * (_half ? sizeof(ushort) : sizeof(float))];
        _file = HashedShardFile.Open(plan, marker, kind);
        byte[] header = NpyWriter.Header(marker.Rows, plan.EmbeddingDimension, _half), found = new byte[header.Length];
        int read = _file.ReadAtLeast(found, found.Length, throwOnEndOfStream: false);
        if (read < found.Length || !found.AsSpan().SequenceEqual(header) || _file.Length != header.Length + ((long)marker.Rows * _bytes.Length))
        {
            _file.Dispose();
            throw MarkerFile.Error(plan.Layout.Marker(marker.Shard), marker.Shard, $"'{marker.File(kind).Name}' is no matrix of {marker.Rows:N0} x {plan.EmbeddingDimension}");
        }
    }

    /// <summary>The next row, until the one after it is asked for.</summary>
    public ReadOnlySpan<float> Next()
    {
        _file.ReadExactly(_bytes);
        if (_half)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(_bytes), _row);
        }
        else
        {
            _bytes.CopyTo(MemoryMarshal.AsBytes(_row.AsSpan()));
        }
        return _row;
    }

    /// <summary>Copies all rows, as they are.</summary>
    public void CopyTo(Stream output, CancellationToken cancellation) => _file.CopyAll(output, cancellation);

    /// <summary>Checks the hash after the last row.</summary>
    public void Complete(CancellationToken cancellation) => _file.CopyAll(Stream.Null, cancellation);

    public void Dispose() => _file.Dispose();
}
