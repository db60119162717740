namespace Microsoft.ML.Clip;

/// <summary>Writes files that are whole or not there: first under another name, then moved.</summary>
internal static class WholeFile
{
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="isShared">Whether others may write the same file at this moment: then none takes another's draft for its own.</param>
    public static void Write(string path, Action<Stream> write, bool isShared = false)
    {
        string temporary = isShared ? $"{path}.{Guid.NewGuid():N}.tmp" : path + ".tmp";
        try
        {
            using (var stream = File.Create(temporary))
            {
                write(stream);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
