using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PhotoSearch.Tests;

/// <summary>The page in a browser, as people use it.</summary>
public sealed partial class BrowserTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private const string Script = "<img src=x onerror=document.title='ran'>.png";

    private readonly Album _album = new Album().WithSamples();
    private RunningSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _album.Add("copies/small dog.jpg", Album.Recompressed("dog.jpg", 300, 80));
        _album.Add(OperatingSystem.IsWindows() ? "&lt;img src=x&gt;.png" : Script, TestImages.EncodePng(60, 40, 1));
        _album.Add("no picture.jpg", "<script>document.title='ran'</script>"u8.ToArray());
        _site = await RunningSite.StartReadyAsync(_album, 8);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _album.Dispose();
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Words_FindPhotographs_AndTheBrowsersBackButtonWorks()
    {
        var page = await browser.OpenAsync(_site);
        await Expect(Cards(page)).ToHaveCountAsync(8);

        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Words to search for" }).FillAsync("tabby cat");
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "“tabby cat”" })).ToBeVisibleAsync();
        await Expect(Cards(page).First).ToContainTextAsync("cat.png");
        await Expect(Cards(page).First.Locator(".score")).ToHaveTextAsync(Score());
        await page.GoBackAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Latest" })).ToBeVisibleAsync();
        await Expect(page.Locator("#words")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Picture_DroppedOntoThePage_IsSearchedBy()
    {
        var page = await browser.OpenAsync(_site);
        await Expect(Cards(page)).ToHaveCountAsync(8);
        string picture = Convert.ToBase64String(Album.Recompressed("koala.jpg", 200, 85));

        var files = await page.EvaluateHandleAsync("""
            base64 => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], "dropped.jpg", { type: "image/jpeg" }));
              return transfer;
            }
            """, picture);
        await page.DispatchEventAsync("body", "dragover", new { dataTransfer = files });
        await Expect(page.GetByText("Drop a picture to search by it")).ToBeVisibleAsync();
        await page.DispatchEventAsync("body", "drop", new { dataTransfer = files });

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Like your picture" })).ToBeVisibleAsync();
        await Expect(Cards(page).First).ToContainTextAsync("koala.jpg");
        await Expect(page.GetByAltText("The picture that was searched by")).ToBeVisibleAsync();
        await Expect(page.GetByText("Drop a picture to search by it")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Picture_ChosenFromTheDisk_IsSearchedBy_AndWhatIsNoneIsSaidSo()
    {
        var page = await browser.OpenAsync(_site);
        var input = page.GetByLabel("By a picture");

        await input.SetInputFilesAsync(new FilePayload { Name = "a.jpg", MimeType = "image/jpeg", Buffer = Album.Recompressed("bison.jpg", 240, 85) });
        await Expect(Cards(page).First).ToContainTextAsync("bison.jpg");
        await input.SetInputFilesAsync(new FilePayload { Name = "b.jpg", MimeType = "image/jpeg", Buffer = "no picture"u8.ToArray() });
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This picture cannot be read");
        await Expect(page.GetByAltText("The picture that was searched by")).ToBeHiddenAsync();
        await input.SetInputFilesAsync(new FilePayload { Name = "c.jpg", MimeType = "image/jpeg", Buffer = new byte[RunningSite.MaximumUpload + 1] });
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("1.0 MB are allowed");
    }

    [Fact]
    public async Task Examples_MarkedInThePage_TrainAProbe()
    {
        var page = await browser.OpenAsync(_site);
        var find = page.GetByRole(AriaRole.Button, new() { Name = "Find more of these" });
        await Card(page, "coffee.png").GetByRole(AriaRole.Button, new() { Name = "Not what I want" }).ClickAsync();
        await Expect(find).ToBeDisabledAsync();

        await Card(page, "dog.jpg").Filter(new() { HasNotText = "small" }).GetByRole(AriaRole.Button, new() { NameRegex = LikeButton() }).ClickAsync();
        await Expect(page.GetByText("1 like what you want, 1 not.")).ToBeVisibleAsync();
        await find.ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Like your examples" })).ToBeVisibleAsync();
        await Expect(Cards(page).First).ToContainTextAsync("dog.jpg");
        await Expect(Cards(page).Last).ToContainTextAsync("coffee.png");
        // Marks stay: through a view, and through loading the page again.
        await page.ReloadAsync();
        await Expect(Card(page, "coffee.png").GetByRole(AriaRole.Button, new() { Name = "Not what I want" })).ToHaveAttributeAsync("aria-pressed", "true");
        await page.GetByRole(AriaRole.Button, new() { Name = "Forget them" }).ClickAsync();
        await Expect(find).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Duplicates_AreShownInGroups_AndTheSliderDecides()
    {
        var page = await browser.OpenAsync(_site);

        await page.GetByRole(AriaRole.Link, new() { Name = "Near duplicates" }).ClickAsync();

        await Expect(page.GetByText("1 group.")).ToBeVisibleAsync();
        await Expect(page.Locator(".group")).ToContainTextAsync("small dog.jpg");
        await page.GetByLabel("How alike, at least").FillAsync("1");
        await Expect(page.GetByText("No two photographs look as alike as that.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Keys_AreEnoughForEverything()
    {
        var page = await browser.OpenAsync(_site);
        await Expect(Cards(page)).ToHaveCountAsync(8);

        await page.Keyboard.PressAsync("/");
        await Expect(page.Locator("#words")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("espresso");
        await page.Keyboard.PressAsync("Enter");
        await Expect(Cards(page).First).ToContainTextAsync("coffee.png");
        await Cards(page).First.Locator(".photo").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(Cards(page).Nth(1).Locator(".photo")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("End");
        await page.Keyboard.PressAsync("-");
        await Expect(Cards(page).Last.Locator(".unlike")).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("Enter");
        var viewer = page.GetByRole(AriaRole.Dialog);
        await Expect(viewer.GetByRole(AriaRole.Heading)).ToHaveTextAsync("coffee.png");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(viewer.GetByRole(AriaRole.Heading)).Not.ToHaveTextAsync("coffee.png");
        await page.Keyboard.PressAsync("Escape");
        await Expect(viewer).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("s");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "More like this" })).ToBeVisibleAsync();
        await Expect(Cards(page)).ToHaveCountAsync(7);
    }

    [Fact]
    public async Task NamesWithHtml_AreText_AndNothingOfThemRuns()
    {
        var page = await browser.OpenAsync(_site);
        var said = new List<string>();
        page.Console += (_, message) => said.Add(message.Text);
        string name = OperatingSystem.IsWindows() ? "&lt;img src=x&gt;.png" : Script;

        await Expect(Card(page, name).Locator(".name")).ToHaveTextAsync(name);
        await Card(page, name).Locator(".photo").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Heading)).ToHaveTextAsync(name);
        await page.GotoAsync(new Uri(_site.Address, "#text=%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'ran'%22%3E").ToString());
        await Expect(page.Locator("#title")).ToHaveTextAsync("“<img src=x onerror=\"document.title='ran'\">”");
        await page.GetByRole(AriaRole.Link, new() { Name = "Not read" }).ClickAsync();
        await Expect(page.Locator(".list")).ToContainTextAsync("no picture.jpg");

        Assert.DoesNotContain("ran", await page.TitleAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("img[src=x]").CountAsync());
        Assert.Empty(said);
    }

    [Fact]
    public async Task Server_ThatIsStartedAgain_IsFoundAgain()
    {
        var page = await browser.OpenAsync(_site);
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("8 photographs");
        int port = _site.Address.Port;

        await _site.DisposeAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("does not answer", new() { Timeout = 15_000 });
        _site = await RunningSite.StartAsync(_album, port);

        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("8 photographs", new() { Timeout = 15_000 });
        await page.Locator("#words").FillAsync("red panda");
        await page.Keyboard.PressAsync("Enter");
        await Expect(Cards(page).First).ToContainTextAsync("red-panda.jpg");
    }

    [Fact]
    public async Task Photograph_ThatIsAdded_AppearsByItself()
    {
        var page = await browser.OpenAsync(_site);
        await Expect(Cards(page)).ToHaveCountAsync(8);

        _album.Add("new.jpg", Album.Recompressed("cat.png", 200, 90));

        await Expect(Card(page, "new.jpg")).ToBeVisibleAsync(new() { Timeout = 20_000 });
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(360, false)]
    [InlineData(360, true)]
    public async Task Page_OfAnyWidth_FitsIt_AndIsNamedThroughout(int width, bool isDark)
    {
        var page = await browser.OpenAsync(_site, "#text=a%20tabby%20cat", width, 800, isDark, isTouch: width < 500);
        await Expect(Cards(page)).ToHaveCountAsync(8);
        await Card(page, "cat.png").Locator(".like").ClickAsync();

        await AssertSoundAsync(page, width);
    }

    [Fact]
    public async Task Photograph_ThatIsGone_IsSaidSo_WithoutAPicture()
    {
        var page = await browser.OpenAsync(_site, "#similar=99999");

        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("There is no such photograph any more.");
        await Expect(page.GetByAltText("The picture that was searched by")).ToBeHiddenAsync();
    }

    private static async Task AssertSoundAsync(IPage page, int width)
    {
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        // Whoever does not see the page hears a name for everything on it.
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            [...document.querySelectorAll("button, a, input, progress, dialog")]
              .filter(e => !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.textContent.trim() || e.labels?.length))
              .map(e => e.outerHTML)
            """));
        Assert.Empty(await page.EvaluateAsync<string[]>("[...document.querySelectorAll('img:not([alt])')].map(e => e.outerHTML)"));
        // Text and what is behind it differ by WCAG's 4.5 to 1.
        Assert.InRange(await page.EvaluateAsync<double>(Contrast), 4.5, 21);
    }

    private const string Contrast = """
        () => {
          const numbers = colour => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
          const light = colour => numbers(colour).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const isClear = colour => colour.endsWith(", 0)");
          const behind = e => e === null ? "rgb(255, 255, 255)" : isClear(getComputedStyle(e).backgroundColor) ? behind(e.parentElement) : getComputedStyle(e).backgroundColor;
          const contrast = e => {
            const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
            return (a + 0.05) / (b + 0.05);
          };
          const texts = [...document.querySelectorAll("h1 a, h2, p, .name, .score, nav a, button, label")];
          return Math.min(...texts.filter(e => e.checkVisibility() && !e.disabled && e.textContent.trim()).map(contrast));
        }
        """;

    private static ILocator Cards(IPage page) => page.Locator(".card");

    private static ILocator Card(IPage page, string name) => Cards(page).Filter(new() { HasText = name });

    [GeneratedRegex(@"^-?[01]\.\d{3}$")]
    private static partial Regex Score();

    [GeneratedRegex("^Like what I want")]
    private static partial Regex LikeButton();
}
