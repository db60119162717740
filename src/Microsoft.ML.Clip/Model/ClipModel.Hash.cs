using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip;

public sealed partial class ClipModel
{
    /// <summary>
    /// What identifies the model, for caches of embeddings and for reports: a SHA-256 over the names and contents of the files that it needs, and over
    /// those of its options that change an embedding. Reads all of these files, at each call; a directory that is moved keeps its hash.
    /// </summary>
    /// <remarks>
    /// Threads, batches, devices and the logit scale are not part of it. Of a decoder of one's own (<see cref="ClipImagePreprocessorOptions.Decoder"/>) it has
    /// only the name of the type, so that whoever changes what such a decoder does has to make a new cache.
    /// </remarks>
    /// <param name="cancellationToken">Ends it between two files.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">A file can no longer be read.</exception>
    /// <exception cref="FileNotFoundException">The model has a text encoder and no tokenizer files.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string ComputeContentHash(CancellationToken cancellationToken = default)
    {
        using var use = Use(byOwner: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"{Options.Preprocessing}\n{Options.Tokenizer}\n");
        foreach (string name in RequiredFiles(HasImageEncoder, HasTextEncoder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var stream = Files.OpenRead(name);
            Append($"{Convert.ToHexStringLower(SHA256.HashData(stream))} {name}\n");
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string line) => hash.AppendData(Encoding.UTF8.GetBytes(line));
    }
}
