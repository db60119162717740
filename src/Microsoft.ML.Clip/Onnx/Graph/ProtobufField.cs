namespace Microsoft.ML.Clip;

/// <summary>One field of a protobuf message: a number, or (for strings, bytes and messages) the range of the stream that holds its content.</summary>
/// <param name="Number">The field's number in its message.</param>
/// <param name="Value">The value of a varint or fixed-size field; 0 for others.</param>
/// <param name="Begin">Where the field begins, tag included.</param>
/// <param name="Start">Where its content begins.</param>
/// <param name="End">Where its content ends.</param>
/// <param name="IsRange">Whether the field is of the length-prefixed kind.</param>
internal readonly record struct ProtobufField(int Number, ulong Value, long Begin, long Start, long End, bool IsRange)
{
    public long Length => End - Start;
}
