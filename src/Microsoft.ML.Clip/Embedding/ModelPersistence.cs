using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// Saves the files of a <see cref="ClipModel"/> inside an ML.NET model and loads them again. Files are stored under the name of their SHA-256,
/// at the root of the archive, so that steps which share a model (or two models that share a tokenizer) store them once.
/// </summary>
internal static class ModelPersistence
{
    private const string Folder = "ClipModelFiles", Location = "the saved ML.NET model";

    // The two towers, and a combined graph for its logit scale.
    private const int MaximumGraphs = 8;

    private static readonly string[] TextExtensions = [".json", ".txt", ".gz"];

    // What has been written into, or read from, an archive that is still open.
    private static readonly ConditionalWeakTable<RepositoryWriter, HashSet<string>> Written = [];
    private static readonly ConditionalWeakTable<RepositoryReader, Dictionary<string, ClipModel>> Loaded = [];

    /// <summary>Writes what <see cref="Load"/> needs to bring back the named encoders of a model.</summary>
    public static void Save(IHost host, ModelSaveContext ctx, ClipModel model, bool image, bool text)
    {
        // *** Binary format ***
        // string: the options that the model was loaded with (SavedModelOptions as JSON)
        // string: its directory, if stored by reference; otherwise null
        // int: number of files
        // for each: string: name, string: SHA-256 (lower-case hex)
        host.Check(ctx.InRepository, "A CLIP model can be saved only to a model file (a zip), not to a single stream.");
        ctx.SaveNonEmptyString(SavedModelOptions.From(model).ToJson());
        bool byReference = model.Options.Storage == ClipModelStorage.Reference;
        ctx.SaveStringOrNull(byReference ? DirectoryOf(host, model) : null);
        var names = model.RequiredFiles(image, text);
        ctx.Writer.Write(names.Count);
        foreach (string name in names)
        {
            string hash = Hash(model.Files, name);
            ctx.SaveNonEmptyString(name);
            ctx.SaveNonEmptyString(hash);
            if (!byReference)
            {
                Store(ctx.Repository, model.Files, name, hash);
            }
        }
    }

    /// <summary>Brings back a model. Steps of one archive that saved the same files share it.</summary>
    /// <param name="host">Where errors come from.</param>
    /// <param name="ctx">The archive.</param>
    /// <param name="share">Keeps the model usable until it is disposed.</param>
    public static ClipModel Load(IHost host, ModelLoadContext ctx, out IDisposable share)
    {
        host.CheckDecode(ctx.InRepository, "A CLIP model can be loaded only from a model file (a zip).");
        string options = ctx.LoadNonEmptyString();
        string? directory = ctx.LoadStringOrNull();
        // A name and a hash, as numbers of texts.
        int count = ctx.ReadCount(host, "files of the CLIP model", bytesEach: 2 * sizeof(int));
        var files = new (string Name, string Hash)[count];
        for (int i = 0; i < count; i++)
        {
            files[i] = (ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
        }

        string key = string.Join('\n', [options, directory ?? "", .. files.Select(f => $"{f.Hash} {f.Name}")]);
        var loaded = Loaded.GetOrCreateValue(ctx.Repository);
        lock (loaded)
        {
            if (loaded.TryGetValue(key, out var model))
            {
                share = model.AddReference();
                return model;
            }
            try
            {
                var settings = SavedModelOptions.FromJson(options).ToOptions(directory is null ? ClipModelStorage.Embedded : ClipModelStorage.Reference);
                var decoder = GivenDecoders.Of(((IHostEnvironment)host).ComponentCatalog);
                settings = settings with { Preprocessing = settings.Preprocessing with { Decoder = decoder } };
                var source = directory is null ? ReadStored(host, ctx.Repository, files, FileCache.FromEnvironment())
                    : OpenReferenced(host, directory, files);
                model = loaded[key] = ClipModel.Load(source, settings);
            }
            catch (Exception e) when (!e.IsMarked())
            {
                // ML.NET hands on only what is marked as its own; anything else comes out as an error of reflection.
                throw host.ExceptDecode(e, $"The CLIP model in the saved ML.NET model cannot be loaded: {e.Message}");
            }
            share = model.AddReference();
            // Nobody else holds the model: it lives as long as the steps that share it.
            model.Dispose();
            return model;
        }
    }

    private static string DirectoryOf(IExceptionContext host, ClipModel model) =>
        model.Files.Root ?? throw host.Except($"The CLIP model from {model.Files.Location} is not in a directory, so it cannot be saved by reference.");

    private static string Hash(ModelFiles files, string name)
    {
        using var stream = files.OpenRead(name);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static void Store(RepositoryWriter repository, ModelFiles files, string name, string hash)
    {
        if (!Written.GetOrCreateValue(repository).Add(hash))
        {
            return;
        }
        using var stream = files.OpenRead(name);
        if (!IsText(name))
        {
            SavedArchive.Store(repository, Folder, hash, stream);
            return;
        }
        using var entry = repository.CreateEntry(Folder, hash);
        stream.CopyTo(entry.Stream);
    }

    /// <summary>Reads the files of a model out of an archive: weights into the cache, if one can be used, everything else into memory.</summary>
    internal static ModelFiles ReadStored(IExceptionContext host, RepositoryReader repository, (string Name, string Hash)[] files, FileCache? cache = null)
    {
        if (files.Count(file => IsGraph(file.Name)) is > MaximumGraphs and var graphs)
        {
            throw host.ExceptDecode($"The saved model has {graphs:N0} graphs; the most that a CLIP model has are {MaximumGraphs}.");
        }
        var contents = new Dictionary<string, byte[]>();
        // Equal files are one entry, and one array here: a small archive could name a large entry any number of times.
        var read = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var cached = new Dictionary<string, CachedFile>(StringComparer.Ordinal);
        var held = new Dictionary<string, CachedFile>(StringComparer.Ordinal);
        long size = files.Where(file => !IsText(file.Name)).Sum(file => SavedArchive.Find(repository, Folder, file.Hash)?.Length ?? 0);
        bool isLarge = size >= FileCache.LeastBytes;
        long texts = 0;
        // The graphs first: they say which other files there may be.
        var weights = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, hash) in files.OrderByDescending(file => IsGraph(file.Name)))
        {
            if (!IsGraph(name) && read.TryGetValue(hash, out byte[]? same))
            {
                RequireKnown(host, name, weights);
                contents[name] = same;
                continue;
            }
            if (cache is not null && isLarge && !IsText(name) && (IsGraph(name) || weights.Contains(name))
                && (held.GetValueOrDefault(hash) ?? Cached(host, repository, cache, name, hash)) is { } file)
            {
                cached[name] = held[hash] = file;
                if (IsGraph(name))
                {
                    using var graph = RegularFile.Open(file.Path);
                    weights.UnionWith(ClipModel.CheckGraph(graph, name, $"'{name}' in {Location}"));
                }
                continue;
            }
            using var entry = repository.OpenEntryOrNull(Folder, hash)
                ?? throw host.ExceptDecode($"The saved model lacks the CLIP file '{name}' (entry {Folder}/{hash}).");
            RequireKnown(host, name, weights);
            texts += IsText(name) ? entry.Stream.Length : 0;
            CheckStored(host, entry.Stream, name, hash, texts, weights);
            entry.Stream.Position = 0;
            byte[] bytes = new byte[entry.Stream.Length];
            entry.Stream.ReadExactly(bytes);
            contents[name] = read[hash] = bytes;
        }
        if (cache is not null && isLarge && cached.Count == 0 && host is IChannelProvider provider)
        {
            using var channel = provider.Start("Loading");
            channel.Warning("The weights of the saved CLIP model are held in memory: the cache '{0}' cannot be used, as it cannot be written, is full, or others may write to it. "
                + "The environment variable {1} names another directory, or says off", cache.Directory, FileCache.Variable);
        }
        return new StoredModelFiles(contents, cached, Location);
    }

    /// <summary>The file of the cache that holds an entry; null where the archive or the cache cannot be used so.</summary>
    private static CachedFile? Cached(IExceptionContext host, RepositoryReader repository, FileCache cache, string name, string hash)
    {
        if (!FileCache.IsHash(hash) || SavedArchive.Find(repository, Folder, hash) is not { } entry)
        {
            return null;
        }
        try
        {
            return cache.Get(hash, entry.Length, entry.Open);
        }
        catch (InvalidDataException e)
        {
            throw host.ExceptDecode(e, $"The CLIP file '{name}' in the saved model is damaged: {e.Message}.");
        }
    }

    private static bool IsGraph(string name) => name.EndsWith(KnownFiles.OnnxExtension, StringComparison.Ordinal);

    private static bool IsText(string name) => TextExtensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    private static void RequireKnown(IExceptionContext host, string name, HashSet<string> weights)
    {
        if (!IsText(name) && !IsGraph(name) && !weights.Contains(name))
        {
            throw host.ExceptDecode($"The file '{name}' in the saved model is none of a CLIP model: it is no graph, no text, and no graph keeps its weights in it.");
        }
    }

    /// <summary>Sees that a file is what it should be, before memory is asked for it: an archive of megabytes may hold gigabytes of zeros.</summary>
    /// <param name="host">Where errors come from.</param>
    /// <param name="stream">The file.</param>
    /// <param name="name">Its name in the model.</param>
    /// <param name="hash">Its SHA-256.</param>
    /// <param name="texts">How many bytes the texts have up to here, this one included if it is one.</param>
    /// <param name="weights">The files that the graphs before it name; a graph adds its own.</param>
    private static void CheckStored(IExceptionContext host, Stream stream, string name, string hash, long texts, HashSet<string> weights)
    {
        if (stream.Length > Array.MaxLength)
        {
            throw host.ExceptDecode($"The CLIP file '{name}' in the saved model has {stream.Length:N0} bytes; at most {Array.MaxLength:N0} are read into memory, and no directory can be used for more (see the environment variable {FileCache.Variable}).");
        }
        if (IsText(name) && texts > JsonFile.MaximumLength)
        {
            throw host.ExceptDecode($"With the CLIP file '{name}' the texts in the saved model have {texts:N0} bytes; at most {JsonFile.MaximumLength:N0} are read.");
        }
        string found = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (found != hash)
        {
            throw host.ExceptDecode($"The CLIP file '{name}' in the saved model is damaged: its SHA-256 should be {hash}, but is {found}.");
        }
        if (IsGraph(name))
        {
            stream.Position = 0;
            weights.UnionWith(ClipModel.CheckGraph(stream, name, $"'{name}' in {Location}"));
        }
    }

    private static DirectoryModelFiles OpenReferenced(IHost host, string directory, (string Name, string Hash)[] files)
    {
        // Before anything is looked for: even that a file is there, or not, may be a secret, and a path may lead to another machine.
        if (!AllowedDirectories.Contains(((IHostEnvironment)host).ComponentCatalog, directory))
        {
            throw host.ExceptDecode(
                $"The saved model refers to the CLIP model directory '{directory}'. It is not followed, as a saved model from elsewhere could name any directory. If you trust it, call " +
                "mlContext.Model.AllowClipModelDirectory(...) with that directory, or one above it, before mlContext.Model.Load; or save with ClipModelStorage.Embedded.");
        }
        if (!Directory.Exists(directory))
        {
            throw host.ExceptDecode($"The saved model refers to the CLIP model directory '{directory}', which is not there. Put it back, or save with ClipModelStorage.Embedded.");
        }
        var source = new DirectoryModelFiles(directory);
        foreach (var (name, hash) in files)
        {
            if (!source.Contains(name))
            {
                throw host.ExceptDecode($"The saved model refers to the CLIP file {source.Describe(name)}, which is not there.");
            }
            string found = Hash(source, name);
            if (found != hash)
            {
                throw host.ExceptDecode($"The CLIP file {source.Describe(name)} is not the one that was saved: its SHA-256 was {hash}, and is another now.");
            }
        }
        return source;
    }
}
