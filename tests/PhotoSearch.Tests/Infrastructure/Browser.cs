using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace PhotoSearch.Tests;

/// <summary>A headless Chromium.</summary>
public sealed class Browser : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _errors = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>What went wrong in scripts of the pages, and nobody caught.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    public async ValueTask InitializeAsync()
    {
        if (Chromium.Program is { } program)
        {
            // Five seconds are little where all test projects run at once on two cores.
            Assertions.SetDefaultExpectTimeout(30_000);
            _playwright = await Playwright.CreateAsync();
            // Its own sandbox does not start as root, which containers are.
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] });
        }
    }

    /// <summary>A page of its own.</summary>
    internal async Task<IPage> OpenAsync(RunningSite site, string view = "", int width = 1280, int height = 900, bool isDark = false, bool isTouch = false)
    {
        Assert.SkipUnless(_browser is not null, Chromium.Missing);
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            HasTouch = isTouch,
        });
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => _errors.Enqueue(error);
        await page.GotoAsync(new Uri(site.Address, view).ToString());
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        _playwright?.Dispose();
    }
}
