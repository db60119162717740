using System.Net;
using System.Net.Http.Json;

namespace PhotoSearch.Tests;

/// <summary>Every way to search, over six photographs and a smaller copy of one.</summary>
public sealed class SearchTests : IAsyncLifetime
{
    private readonly Album _album = new Album().WithSamples();
    private RunningSite _site = null!;

    public async ValueTask InitializeAsync()
    {
        _album.Add("copies/small dog.jpg", Album.Recompressed("dog.jpg", 300, 80));
        _site = await RunningSite.StartReadyAsync(_album, 7);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _album.Dispose();
    }

    [Theory]
    [InlineData("tabby cat", "cat.png")]
    [InlineData("an espresso", "coffee.png")]
    [InlineData("red panda", "red-panda.jpg")]
    public async Task Search_Words_FindsThePhotographFirst(string words, string expected) => Assert.Equal(expected, (await _site.SearchAsync(words))[0]);

    [Fact]
    public async Task Search_Words_ScoresDescend_AndCountIsKept()
    {
        var answer = await _site.GetAsync<SearchAnswer>("/api/search?text=dog&count=3");

        Assert.Equal(3, answer.Photographs.Count);
        Assert.All(answer.Photographs, photo => Assert.InRange(photo.Score!.Value, -1, 1));
        Assert.Equal(answer.Photographs.OrderByDescending(p => p.Score).Select(p => p.Id), answer.Photographs.Select(p => p.Id));
    }

    [Fact]
    public async Task Search_Picture_FindsItsOwnFileAndTheCopy()
    {
        using var answer = await _site.PostAsync("/api/search?count=2", new ByteArrayContent(File.ReadAllBytes(Album.Sample("dog.jpg"))), "image/jpeg");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var found = (await answer.Content.ReadFromJsonAsync<SearchAnswer>())!.Photographs;
        Assert.Equal(["dog.jpg", "small dog.jpg"], found.Select(p => p.Name));
        Assert.InRange(found[0].Score!.Value, 0.999f, 1);
        Assert.Equal("copies", found[1].Folder);
    }

    [Fact]
    public async Task Similar_IsWithoutThePhotographItself()
    {
        var dog = await _site.PhotographAsync("dog.jpg");

        var answer = await _site.GetAsync<SearchAnswer>($"/api/photographs/{dog.Id}/similar?count=1000");

        Assert.Equal(6, answer.Photographs.Count);
        Assert.Equal("small dog.jpg", answer.Photographs[0].Name);
        Assert.DoesNotContain(answer.Photographs, p => p.Id == dog.Id);
    }

    [Fact]
    public async Task Examples_PutWhatIsLikeThemBeforeWhatIsNot()
    {
        long[] like = [(await _site.PhotographAsync("dog.jpg")).Id], unlike = [(await _site.PhotographAsync("coffee.png")).Id, (await _site.PhotographAsync("bison.jpg")).Id];

        using var answer = await _site.PostAsync("/api/examples", JsonContent.Create(new Examples(like, unlike)), "application/json");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var found = (await answer.Content.ReadFromJsonAsync<SearchAnswer>())!.Photographs;
        Assert.Equal(7, found.Count);
        Assert.Equal(["dog.jpg", "small dog.jpg"], found.Take(2).Select(p => p.Name).Order());
        Assert.Equal(unlike.Order(), found.TakeLast(2).Select(p => p.Id).Order());
        // Probabilities: more than even for what is liked, less for what is not.
        Assert.All(found, p => Assert.InRange(p.Score!.Value, 0, 1));
        Assert.True(found[0].Score > 0.5 && found[^1].Score < 0.5, $"{found[0].Score}, {found[^1].Score}");
    }

    [Fact]
    public async Task Duplicates_AreTheCopyAlone()
    {
        var groups = await _site.GetAsync<DuplicateAnswer[]>("/api/duplicates?least=0.95");

        var group = Assert.Single(groups);
        Assert.Equal(["dog.jpg", "small dog.jpg"], group.Photographs.Select(p => p.Name).Order());
        Assert.InRange(group.Cosine, 0.95f, 1);
        Assert.Empty(await _site.GetAsync<DuplicateAnswer[]>("/api/duplicates?least=1"));
    }

    [Fact]
    public async Task OpenApi_DescribesEveryAddressOfTheApi()
    {
        string description = await _site.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative));

        foreach (string path in (string[])["/api/status", "/api/photographs", "/api/unreadable", "/api/search", "/api/photographs/{id}/similar",
            "/api/examples", "/api/duplicates", "/api/map", "/thumbnails/{id}", "/photographs/{id}"])
        {
            Assert.Contains($"\"{path}\"", description, StringComparison.Ordinal);
        }
        // The page's own files are no part of it.
        Assert.DoesNotContain("app.js", description, StringComparison.Ordinal);
    }
}
