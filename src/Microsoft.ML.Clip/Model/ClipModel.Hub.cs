namespace Microsoft.ML.Clip;

public sealed partial class ClipModel
{
    /// <summary>Loads a model by its id on a hub; what is not cached is downloaded first, verified, and kept for all processes.</summary>
    /// <remarks>
    /// <para>Only the files of one variant come (<see cref="ClipModelOptions.Variant"/>): the graphs with their weights, the configuration, the tokenizer. Every file's
    /// hash is checked while it is written. A download that is cut goes on at the same byte, in the next process too.</para>
    /// <para>The cache is that of Hugging Face's Python library: a model that Python has downloaded is found, and the other way round.</para>
    /// <para>With a commit as <see cref="ClipHubOptions.Revision"/>, or <see cref="ClipHubOptions.Offline"/>, nothing is asked of the hub once all is cached. For a branch
    /// one question is asked; without an answer the last known commit is loaded and <see cref="Message"/> says so.</para>
    /// <para>Proxies are those of the environment (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>) or the system.</para>
    /// </remarks>
    /// <param name="id">The repository: <c>Xenova/clip-vit-base-patch32</c>. Whose model that is, and under which licence, its page says.</param>
    /// <param name="hub">Where from and where to, or <see langword="null"/> for the environment's choices.</param>
    /// <param name="options">Choices of the model, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the download; what has come is kept.</param>
    /// <returns>The model, to be disposed.</returns>
    /// <exception cref="ArgumentException"><paramref name="id"/> is no id, or an option no value.</exception>
    /// <exception cref="ClipHubException">The model cannot be had; the message says why and what to do.</exception>
    /// <exception cref="FileNotFoundException">The repository lacks a file that the model needs.</exception>
    /// <exception cref="InvalidDataException">A file is as the hub has it, and yet broken; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The download was cancelled.</exception>
    public static ClipModel FromHub(string id, ClipHubOptions? hub = null, ClipModelOptions? options = null, CancellationToken cancellationToken = default) =>
        FromHubAsync(new HubFetcher(HubRepository.Parse(id), hub ?? new(), HubEnvironment.OfProcess), options ?? new(), cancellationToken)
            .GetAwaiter().GetResult();

    /// <summary><see cref="FromHub"/>, on a thread of the pool.</summary>
    /// <inheritdoc cref="FromHub"/>
    public static Task<ClipModel> FromHubAsync(
        string id, ClipHubOptions? hub = null, ClipModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        var fetcher = new HubFetcher(HubRepository.Parse(id), hub ?? new(), HubEnvironment.OfProcess);
        // Loading takes a while, and nothing of that waits.
        return Task.Run(() => FromHubAsync(fetcher, options ?? new(), cancellationToken), cancellationToken);
    }

    /// <summary>Loads a model; the fetcher is disposed.</summary>
    internal static async Task<ClipModel> FromHubAsync(HubFetcher fetcher, ClipModelOptions options, CancellationToken cancellationToken)
    {
        using var _ = fetcher;
        options.Validate();
        var tree = await fetcher.OpenAsync(cancellationToken).ConfigureAwait(false);
        string[] names = [.. fetcher.NamesOf(tree)];
        var chosen = HubModelFiles.Choose(fetcher.Repository.Id, names, options.Variant);
        string[] kinds = [.. KnownFiles.ModelConfigurations.Where(names.Contains)];
        if (options.LogitBias is null && kinds.Length > 0
            && HubModelFiles.Choose(fetcher.Repository.Id, names, options.Variant, prefersCombined: true) is var combined && !combined.SequenceEqual(chosen))
        {
            // Sigmoids need what only the combined graph holds.
            string kind = await fetcher.FetchAsync(tree, kinds, cancellationToken, isReported: false).ConfigureAwait(false);
            chosen = ClipFamily.Of(new DirectoryModelFiles(kind)).Score == ClipScoreKind.Sigmoid ? combined : chosen;
        }
        var needed = new HashSet<string>(chosen, StringComparer.Ordinal);
        for (bool isVerified = false; ;)
        {
            string directory = await fetcher.FetchAsync(tree, needed, cancellationToken).ConfigureAwait(false);
            try
            {
                var model = Load(directory, options);
                if (tree.Message is { } message)
                {
                    model._log.Warn(message);
                }
                return model;
            }
            // A graph names its weights as it likes; what it names is known once it is there.
            catch (FileNotFoundException e) when (e.FileName is { } name && tree.Listing?.Find(name) is not null && needed.Add(name))
            {
                continue;
            }
            // Somebody wrote into the cache, or a machine lost power: what is damaged comes once more.
            catch (InvalidDataException) when (!isVerified && !fetcher.IsOffline)
            {
                isVerified = true;
                if (fetcher.RemoveDamaged(tree, needed, cancellationToken) == 0)
                {
                    throw;
                }
            }
        }
    }
}
