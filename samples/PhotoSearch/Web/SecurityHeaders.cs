using System.Net;
using Microsoft.AspNetCore.HostFiltering;

namespace PhotoSearch;

/// <summary>What keeps other pages, and what stands in files and their names, from doing anything here.</summary>
internal static class SecurityHeaders
{
    // Scripts and styles of our own files alone; pictures also out of the page's memory, for one that was dropped onto it.
    private const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Refuses requests for other hosts: a page from elsewhere could give its own name this machine's address, and read the answers.</summary>
    public static void AddHostNames(this IServiceCollection services, IPAddress address)
    {
        services.AddHostFiltering(_ => { });
        services.Configure<HostFilteringOptions>(options =>
        {
            // Who listens on other addresses is called by names that nobody here knows.
            options.AllowedHosts = IPAddress.IsLoopback(address) ? ["localhost", "127.0.0.1", "[::1]"] : ["*"];
            options.IncludeFailureMessage = false;
        });
    }

    /// <summary>
    /// Refuses what pages from elsewhere send. They cannot read answers, but what they ask for would be done: a model that runs for each of a thousand
    /// pictures. A link that leads here is followed. What does not come from a browser says nothing of the kind, and is let through.
    /// </summary>
    public static void UseOwnPageAlone(this WebApplication site) => site.Use((context, next) =>
    {
        var request = context.Request;
        // Where Sec-Fetch-Site is not sent, by older browsers and to other machines without TLS, Origin says it, which comes with every POST.
        bool isForeign = request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } from
            ? from is not ("same-origin" or "none") && !(HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate")
            : request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{request.Scheme}://{request.Host}";
        if (isForeign)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }
        return next(context);
    });

    public static void UseSecurityHeaders(this WebApplication site) => site.Use((context, next) =>
    {
        // At the last moment: what answers an error begins with an empty head.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            // Nor may another page show a photograph as an image of its own.
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers.CacheControl = headers.CacheControl is { Count: > 0 } chosen ? chosen : "no-cache";
            return Task.CompletedTask;
        });
        return next(context);
    });
}
