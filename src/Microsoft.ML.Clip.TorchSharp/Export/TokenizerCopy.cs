namespace Microsoft.ML.Clip;

/// <summary>Copies the files that make a tokenizer from one model directory to another.</summary>
internal static class TokenizerCopy
{
    public static void Write(string source, string destination)
    {
        if (Path.GetFullPath(source) == Path.GetFullPath(destination))
        {
            return;
        }
        var files = new DirectoryModelFiles(source);
        // The configuration tells the tokenizer its length, and the exported model writes its own.
        foreach (string name in ClipTokenizer.RequiredFiles(files).Where(name => !KnownFiles.ModelConfigurations.Contains(Path.GetFileName(name))))
        {
            using var stream = files.OpenRead(name);
            // immich keeps them in textual/, beside its text tower; here they lie at the root.
            WholeFile.Write(Path.Combine(destination, Path.GetFileName(name)), stream.CopyTo);
        }
    }
}
