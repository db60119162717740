using System.Net;

namespace Microsoft.ML.Clip;

/// <summary>
/// The download of one file: goes on where it was cut, in this process or in the next, and lets nothing into the cache whose hash is not the hub's.
/// </summary>
internal sealed class HubDownload(
    HubClient client, HubCache cache, HubErrors errors, HubMeter meter, TimeSpan timeout, Func<TimeSpan, CancellationToken, Task> wait)
{
    private const int BufferSize = 1 << 18, WorthAThread = 1 << 14;

    /// <summary>Has the file put under its name in the cache, unless it is there.</summary>
    public async Task RunAsync(HubRepository repository, string commit, HubFile file, CancellationToken cancellationToken)
    {
        using var _ = await cache.LockAsync(file, cancellationToken).ConfigureAwait(false);
        bool isNew = false;
        if (cache.Has(commit, file) || cache.HasBlob(file))
        {
            // Another process was faster, or another commit has the same content.
            meter.Had(file.Name, file.Size);
        }
        else
        {
            await FetchAsync(repository, commit, file, cancellationToken).ConfigureAwait(false);
            isNew = true;
        }
        if (!cache.Has(commit, file))
        {
            cache.Link(commit, file, isNew);
        }
        meter.Done(file.Name);
    }

    private async Task FetchAsync(HubRepository repository, string commit, HubFile file, CancellationToken cancellationToken)
    {
        for (bool anew = false; ; anew = true)
        {
            string partial, fault;
            using (var stream = cache.OpenPartial(file, anew))
            {
                partial = stream.Name;
                var transfer = new Transfer(file, stream, meter);
                try
                {
                    transfer.TakeWhatIsThere(cancellationToken);
                    fault = await TransferAsync(transfer, repository, commit, cancellationToken).ConfigureAwait(false) ?? transfer.Fault() ?? "";
                }
                catch (HubDiskException e)
                {
                    // What is half there only keeps the disk full.
                    stream.SetLength(0);
                    File.Delete(partial);
                    throw FullDisk.IsCauseOf(e.InnerException!)
                        ? errors.New(ClipHubProblem.NoSpace, $"The disk of {cache.Root} is full: '{file.Name}' of '{repository.Id}' needs {file.Size:N0} bytes, {transfer.Position:N0} found place. Nothing of it was kept. Free that much, or set HF_HUB_CACHE or ClipHubOptions.CacheDirectory.", e.InnerException)
                        : errors.New(ClipHubProblem.Cache, $"'{file.Name}' of '{repository.Id}' cannot be written to {cache.Root}: {e.InnerException!.Message}", e.InnerException);
                }
                finally
                {
                    transfer.Dispose();
                }
            }
            if (fault.Length == 0)
            {
                cache.Keep(partial, file);
                return;
            }
            File.Delete(partial);
            meter.Had(file.Name, -file.Size);
            if (anew)
            {
                throw errors.New(ClipHubProblem.WrongContent, $"'{file.Name}' of '{repository.Id}' came wrong twice, from its first byte on: {fault}. "
                    + "Nothing of it was kept. Something between here and the hub changes it, or the mirror's copy is damaged.");
            }
        }
    }

    /// <summary>Fetches the bytes that are missing, however often that is cut.</summary>
    /// <returns>What is wrong with them, if that shows before they are all there; else null.</returns>
    private async Task<string?> TransferAsync(Transfer transfer, HubRepository repository, string commit, CancellationToken cancellationToken)
    {
        var file = transfer.File;
        var retry = new HubRetry(wait);
        Uri? address = null;
        for (long best = transfer.Position; transfer.Position < file.Size;)
        {
            ClipHubException error;
            TimeSpan? asked = null;
            try
            {
                if (address is null)
                {
                    (address, long? size) = await client.LocateAsync(repository, commit, file, cancellationToken).ConfigureAwait(false);
                    if (size is { } linked && linked != file.Size)
                    {
                        return $"the list of files says {file.Size:N0} bytes, the hub now says {linked:N0}";
                    }
                }
                using var response = await client.GetAsync(address, transfer.Position, cancellationToken).ConfigureAwait(false);
                error = errors.New(ClipHubProblem.Unreachable, $"'{file.Name}' of '{repository.Id}' ends after {transfer.Position:N0} of {file.Size:N0} bytes, again and again.");
                if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && transfer.Position > 0)
                {
                    transfer.Restart();
                }
                else if (!response.IsSuccessStatusCode)
                {
                    bool isHub = client.IsHub(address);
                    // An address elsewhere is signed for some minutes; when these are over the hub gives another.
                    address = null;
                    throw new HubRefusal(isHub ? errors.Refused(response, $"'{file.Name}'") : errors.RefusedElsewhere(response, $"'{file.Name}'"), response, mayBeOver: !isHub);
                }
                else if (await CopyAsync(response, transfer, cancellationToken).ConfigureAwait(false) is { } fault)
                {
                    return fault;
                }
            }
            catch (HubRefusal refusal)
            {
                (error, asked) = refusal.MayPass ? (refusal.Error, refusal.Asked) : throw refusal.Error;
            }
            catch (Exception e) when (HubRetry.IsTransient(e))
            {
                error = errors.Unreachable($"'{file.Name}'", e);
            }
            if (transfer.Position > best)
            {
                best = transfer.Position;
                retry.Progressed();
            }
            if (transfer.Position < file.Size && !await retry.NextAsync(asked, cancellationToken).ConfigureAwait(false))
            {
                throw error;
            }
        }
        return null;
    }

    /// <summary>Appends the body of an answer. The hash is taken on another thread meanwhile.</summary>
    private async Task<string?> CopyAsync(HttpResponseMessage response, Transfer transfer, CancellationToken cancellationToken)
    {
        var headers = response.Content.Headers;
        bool isPacked = HubClient.IsPacked(headers);
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && !isPacked && headers.ContentRange is { From: { } from }
            && from == transfer.Position;
        if (!goesOn && transfer.Position > 0)
        {
            transfer.Restart();
            if (response.StatusCode == HttpStatusCode.PartialContent)
            {
                // Another part than the one that was asked for.
                return null;
            }
        }
        if (!isPacked && headers.ContentLength is { } length && transfer.Position + length != transfer.File.Size)
        {
            return $"the list of files says {transfer.File.Size:N0} bytes, {transfer.Position + length:N0} are offered";
        }
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var body = HubClient.Unpacked(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), headers);
        byte[] buffer = new byte[BufferSize], other = new byte[BufferSize];
        var hashing = Task.CompletedTask;
        try
        {
            for (int count; (count = await HubClient.ReadAsync(body, buffer, idle, timeout, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                if (count > transfer.File.Size - transfer.Position)
                {
                    return $"the list of files says {transfer.File.Size:N0} bytes, and more came";
                }
                await hashing.ConfigureAwait(false);
                var (chunk, chunkLength) = (buffer, count);
                hashing = count < WorthAThread ? Task.CompletedTask : Task.Run(() => transfer.Hash(chunk.AsSpan(0, chunkLength)), CancellationToken.None);
                if (count < WorthAThread)
                {
                    transfer.Hash(chunk.AsSpan(0, chunkLength));
                }
                transfer.Write(chunk.AsSpan(0, chunkLength));
                (buffer, other) = (other, buffer);
            }
        }
        finally
        {
            await hashing.ConfigureAwait(false);
        }
        return null;
    }

    /// <summary>What of a file is there, and its hash so far.</summary>
    private sealed class Transfer(HubFile file, FileStream stream, HubMeter meter) : IDisposable
    {
        private HubHash _hash = new(file.Etag, file.Size);

        public HubFile File => file;

        public long Position { get; private set; }

        public void TakeWhatIsThere(CancellationToken cancellationToken)
        {
            if (stream.Length > file.Size)
            {
                stream.SetLength(0);
            }
            _hash.Append(stream, cancellationToken);
            Position = stream.Length;
            meter.Had(file.Name, Position);
        }

        public void Restart()
        {
            meter.Had(file.Name, -Position);
            stream.SetLength(0);
            stream.Position = Position = 0;
            _hash.Dispose();
            _hash = new HubHash(file.Etag, file.Size);
        }

        public void Hash(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

        public void Write(ReadOnlySpan<byte> bytes)
        {
            try
            {
                stream.Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HubDiskException(e);
            }
            Position += bytes.Length;
            meter.Came(file.Name, bytes.Length);
        }

        /// <summary>What is wrong with the whole; null if nothing is.</summary>
        public string? Fault()
        {
            string found = _hash.Finish();
            return found == file.Etag ? null : $"its hash should be {file.Etag} and is {found}";
        }

        public void Dispose() => _hash.Dispose();
    }

    /// <summary>The disk's error, which is not to be taken for the line's.</summary>
    private sealed class HubDiskException(Exception cause) : Exception(cause.Message, cause);
}
