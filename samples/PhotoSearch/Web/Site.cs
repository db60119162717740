using Microsoft.AspNetCore.RateLimiting;

namespace PhotoSearch;

/// <summary>The program, put together: what indexes, what searches, and the server.</summary>
internal static class Site
{
    /// <summary>The policy of what has a picture as its body: so many are in memory at a time, some wait unread, the others are told to come later.</summary>
    public const string Uploads = "uploads";

    private const int UploadsAtOnce = 8, UploadsWaiting = 128;

    /// <summary>Makes the program. The model stays the caller's.</summary>
    public static WebApplication Build(Settings settings, PhotoModel model, Action<ILoggingBuilder>? logging = null)
    {
        Directory.CreateDirectory(settings.Data);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        // What keeps it from starting is for the caller to tell, in a sentence; what ends it later is critical, and logged.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical).AddSimpleConsole(console => console.SingleLine = true);
        logging?.Invoke(builder.Logging);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(settings.Address, settings.Port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaximumUpload;
        });

        var services = builder.Services;
        services.AddSingleton(settings).AddSingleton(model)
            .AddSingleton(new PhotoFolder(settings.Folder))
            .AddSingleton(_ => new PhotoDatabase(Path.Combine(settings.Data, "photographs.db"), model.Hash))
            .AddSingleton(new PhotoCatalog(model.Dimension)).AddSingleton<PhotoMap>()
            .AddSingleton<PhotoSearcher>().AddSingleton<ThumbnailSource>().AddSingleton<Indexer>()
            .AddHostedService(provider => provider.GetRequiredService<Indexer>());
        services.AddHostNames(settings.Address);
        services.AddProblemDetails();
        services.AddOpenApi(openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "PhotoSearch";
            document.Info.Description = "Searches a folder of photographs by words, by pictures and by examples. Nothing here changes anything.";
            document.Info.Version = "1";
            return Task.CompletedTask;
        }));
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status503ServiceUnavailable;
            limiter.AddConcurrencyLimiter(Uploads, options => (options.PermitLimit, options.QueueLimit) = (UploadsAtOnce, UploadsWaiting));
        });

        var site = builder.Build();
        site.UseSecurityHeaders();
        // What is wrong with a request is its sender's fault, and says so; what else goes wrong is logged, and not shown.
        site.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = e => e is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
        });
        site.UseStatusCodePages();
        site.UseHostFiltering();
        site.UseOwnPageAlone();
        site.UseRateLimiter();
        site.MapOpenApi();
        site.MapPage();
        site.MapPhotographs();
        site.MapSearches();
        return site;
    }
}
