using Microsoft.Playwright;

namespace PhotoSearch.Tests;

/// <summary>A headless Chromium that the system has; nothing is downloaded. Tests without one are skipped, and say so.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>CLIP_CHROMIUM in the environment names another one.</summary>
    private static string? Program { get; } = ((string?[])[Environment.GetEnvironmentVariable("CLIP_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe"]).FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Program is not null)
        {
            _playwright = await Playwright.CreateAsync();
            // Its own sandbox does not start as root, which containers are.
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"] });
        }
    }

    /// <summary>A page of its own.</summary>
    internal async Task<IPage> OpenAsync(RunningSite site, string view = "", int width = 1280, int height = 900, bool isDark = false, bool isTouch = false)
    {
        Assert.SkipUnless(_browser is not null, "needs Chromium: install it, or name one with CLIP_CHROMIUM");
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            HasTouch = isTouch,
        });
        var page = await context.NewPageAsync();
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
