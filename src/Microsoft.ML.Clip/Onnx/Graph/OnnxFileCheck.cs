namespace Microsoft.ML.Clip;

/// <summary>Recognises what commonly lies where an ONNX file should: the remains of a download that went wrong.</summary>
internal static class OnnxFileCheck
{
    /// <summary>Says what the file is if it is plainly no ONNX model; null if it may be one.</summary>
    public static string? WhatItIsInstead(Stream stream)
    {
        Span<byte> start = stackalloc byte[32];
        int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        start = start[..count];
        return start.IsEmpty ? "it is empty"
            : start.TrimStart(" \t\r\n"u8).StartsWith("<"u8) ? "it is an HTML or XML page; the download failed"
            : null;
    }
}
