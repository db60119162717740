using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Clip;

namespace PhotoSearch.Tests;

/// <summary>The program on an album, in this process, with the small model of the repository.</summary>
internal sealed class RunningSite : IAsyncDisposable
{
    private static readonly Lazy<PhotoModel> Shared = new(() => new(ClipModel.Load(ModelFolder,
        new() { Preprocessing = new() { ApplyExifOrientation = true, MaximumPixels = MaximumPixels } }), "tiny-clip"));

    // Longer than anything takes on a machine that is busy.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _site;
    private readonly Messages _messages;

    private RunningSite(WebApplication site, Messages messages) => (_site, _messages) = (site, messages);

    public const long MaximumPixels = 4_000_000, MaximumUpload = 1_000_000;

    public static PhotoModel Model => Shared.Value;

    public static string ModelFolder => Path.Combine(BuildFacts.RepositoryRoot, "samples", "models", "tiny-clip");

    // Where the server has not answered a head after a while, the body would follow it.
    public HttpClient Client { get; } = new(new SocketsHttpHandler { Expect100ContinueTimeout = Patience });

    public Uri Address => new(_site.Urls.First());

    /// <summary>What was logged, the warnings with it.</summary>
    public IReadOnlyCollection<string> Log => _messages.All;

    public static async Task<RunningSite> StartAsync(Album album, int port = 0, Func<Settings, Settings>? change = null)
    {
        var settings = new Settings
        {
            Folder = album.Folder,
            Data = album.Data,
            Port = port,
            MaximumPixels = MaximumPixels,
            MaximumUpload = MaximumUpload,
            Settle = TimeSpan.FromMilliseconds(50),
            // News are lost now and then; a test should not fail of it.
            Relist = TimeSpan.FromSeconds(2),
            Retry = TimeSpan.FromMilliseconds(200),
        };
        var messages = new Messages();
        var site = Site.Build(change?.Invoke(settings) ?? settings, Model, logging => logging.ClearProviders().AddProvider(messages));
        var running = new RunningSite(site, messages);
        try
        {
            await site.StartAsync();
            running.Client.BaseAddress = running.Address;
            return running;
        }
        catch
        {
            running.Client.Dispose();
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, and waits until so many photographs can be searched and all work is done.</summary>
    public static async Task<RunningSite> StartReadyAsync(Album album, int photographs, Func<Settings, Settings>? change = null)
    {
        var site = await StartAsync(album, change: change);
        await site.UntilAsync(status => status.Photographs == photographs && status.Stage == "ready");
        return site;
    }

    public T Service<T>()
        where T : notnull => _site.Services.GetRequiredService<T>();

    public async Task<StatusAnswer> UntilAsync(Func<StatusAnswer, bool> isSo)
    {
        StatusAnswer? last = null;
        for (var end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; await Task.Delay(20))
        {
            last = await GetAsync<StatusAnswer>("/api/status");
            if (isSo(last))
            {
                return last;
            }
        }
        Assert.Fail($"It did not come to that within {Patience}; the last was {last}. {string.Join('\n', Log)}");
        return last!;
    }

    /// <summary>Waits until a photograph is as told. Meanwhile it may be away: who looks while a file is written finds none that can be read.</summary>
    public async Task<PhotoAnswer> PhotographAsync(string name, Func<PhotoAnswer, bool> isSo)
    {
        PhotoAnswer? photograph = null;
        for (var end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; await Task.Delay(20))
        {
            photograph = (await LatestAsync()).SingleOrDefault(p => p.Name == name);
            if (photograph is not null && isSo(photograph))
            {
                return photograph;
            }
        }
        Assert.Fail($"'{name}' did not come to that within {Patience}; it was last {photograph}. {string.Join('\n', Log)}");
        return photograph!;
    }

    public async Task<T> GetAsync<T>(string address)
    {
        using var answer = await Client.GetAsync(new Uri(address, UriKind.Relative));
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return (await answer.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web))!;
    }

    public Task<PhotoAnswer[]> LatestAsync() => GetAsync<PhotoAnswer[]>("/api/photographs?count=1000");

    public async Task<string[]> SearchAsync(string words, int count = 10) =>
        [.. (await GetAsync<SearchAnswer>($"/api/search?text={Uri.EscapeDataString(words)}&count={count}")).Photographs.Select(p => p.Name)];

    public async Task<PhotoAnswer> PhotographAsync(string name) => (await LatestAsync()).Single(p => p.Name == name);

    public async Task<HttpResponseMessage> PostAsync(string address, HttpContent content, string type = "application/octet-stream")
    {
        content.Headers.ContentType = new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, UriKind.Relative)) { Content = content };
        // What is too large is refused by its head, and the connection closed: ask before sending.
        request.Headers.ExpectContinue = true;
        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _site.StopAsync();
        await _site.DisposeAsync();
    }

    private sealed class Messages : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{formatter(state, exception)}{exception}");

        public void Dispose()
        {
        }
    }
}
