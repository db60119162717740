namespace Microsoft.ML.Clip;

/// <summary>Embeds captions, so many rows of the shard together: enough for batches of like length, and the same ones on every machine.</summary>
internal sealed class TextWindow(ClipModel clip, bool normalize, int dimension, ShardResults results)
{
    private const int Rows = 1024;

    private readonly List<string?> _captions = new(Rows);
    private float[] _embeddings = [];

    public void Append(string? caption, CancellationToken cancellation)
    {
        _captions.Add(caption);
        if (_captions.Count == Rows)
        {
            Flush(cancellation);
        }
    }

    /// <summary>Embeds what is waiting and writes it.</summary>
    public void Flush(CancellationToken cancellation)
    {
        string[] texts = [.. _captions.Where(c => c is not null)!];
        if (_embeddings.Length < texts.Length * dimension)
        {
            _embeddings = new float[Rows * dimension];
        }
        clip.EncodeTexts(texts, _embeddings.AsSpan(0, texts.Length * dimension), normalize, cancellationToken: cancellation);
        float[] missing = new float[dimension];
        missing.AsSpan().Fill(float.NaN);
        int next = 0;
        foreach (string? caption in _captions)
        {
            results.AppendText(caption is null ? missing : _embeddings.AsSpan(next++ * dimension, dimension));
        }
        _captions.Clear();
    }
}
