namespace Microsoft.ML.Clip;

public sealed partial class ClipImagePreprocessor
{
    // The size may stand at the end of the file, so the file is read before it is known what else is needed. Who holds memory must not wait for more: if there
    // is none at hand, the file is let go and read again when there is room for all.
    private void PreprocessByUser(UserDecoder user, ImageFile file, Span<float> pixelValues, CancellationToken cancellation)
    {
        UserDecoder.Needs needs;
        using (var lease = user.ReserveFile(file.Length, cancellation))
        {
            using var bytes = file.ReadAll();
            needs = user.Measure(bytes.Span, file.Length, cancellation);
            if (lease.TryTakeMore(needs.Bytes))
            {
                Decode(user, bytes.Span, needs, pixelValues, cancellation);
                return;
            }
        }
        using var all = user.Reserve(file.Length + needs.Bytes, cancellation);
        using var again = file.ReadAll();
        Decode(user, again.Span, needs, pixelValues, cancellation);
    }

    private void PreprocessByUser(UserDecoder user, ReadOnlySpan<byte> file, long counted, Span<float> pixelValues, CancellationToken cancellation)
    {
        var needs = user.Measure(file, counted, cancellation);
        using var lease = user.Reserve(counted + needs.Bytes, cancellation);
        Decode(user, file, needs, pixelValues, cancellation);
    }

    private void Decode(UserDecoder user, ReadOnlySpan<byte> file, UserDecoder.Needs needs, Span<float> pixelValues, CancellationToken cancellation)
    {
        using var rows = user.Decode(file, needs, _decoder.TurnsOrCounts, cancellation);
        Preprocess(rows, pixelValues, cancellation);
    }
}
