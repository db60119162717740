namespace PhotoSearch;

/// <summary>Pictures that come from the page, in memory and never in a file.</summary>
internal static class Upload
{
    // What a head claims is no reason to ask for memory.
    private const int MostAtFirst = 1 << 20;

    /// <summary>Reads a body. One that is longer than the server allows ends in an exception, answered with 413, at the latest when so much has come.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, MostAtFirst));
        await request.Body.CopyToAsync(body, stop);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
