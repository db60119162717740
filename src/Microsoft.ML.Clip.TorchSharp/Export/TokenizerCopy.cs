namespace Microsoft.ML.Clip;

/// <summary>Copies the files that make a tokenizer from one model directory to another.</summary>
internal static class TokenizerCopy
{
    /// <param name="source">The directory that a tokenizer was loaded from; what was opened for it is what is copied.</param>
    /// <param name="destination">The other directory, which exists.</param>
    public static void Write(RecordingModelFiles source, string destination)
    {
        if (source.Root == Path.GetFullPath(destination))
        {
            return;
        }
        // The configuration tells the tokenizer its length, and the exported model writes its own.
        foreach (string name in source.Opened.Where(name => !KnownFiles.ModelConfigurations.Contains(Path.GetFileName(name))))
        {
            using var stream = source.OpenRead(name);
            // immich keeps them in textual/, beside its text tower; here they lie at the root.
            WholeFile.Write(Path.Combine(destination, Path.GetFileName(name)), stream.CopyTo);
        }
    }
}
