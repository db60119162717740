namespace PhotoSearch.Tests;

/// <summary>The search in memory, while photographs come and go.</summary>
public sealed class CatalogTests
{
    private const int Dimension = 8;

    private static readonly float[] Query = Embedding(0);

    [Fact]
    public void Nearest_AfterRemovals_PassesOverThem_AndFindsAsManyAsAskedFor()
    {
        var catalog = Filled(100);
        long[] before = [.. catalog.Nearest(Query, 20).Select(p => p.Photo.Id)];

        catalog.Remove(before.Take(10));

        Assert.Equal(90, catalog.Count);
        Assert.Equal(before.Skip(10), catalog.Nearest(Query, 10).Select(p => p.Photo.Id));
        Assert.All(before.Take(10), id => Assert.Null(catalog.Find(id)));
    }

    [Fact]
    public void Put_OfAPhotographThatIsThere_TakesItsPlace()
    {
        var catalog = Filled(10);

        catalog.Put([Photo(3)], Query);

        Assert.Equal(10, catalog.Count);
        Assert.Equal([0, 3], catalog.Nearest(Query, 2).Select(p => p.Photo.Id).Order());
        Assert.Equal(10, catalog.Nearest(Query, 50).Select(p => p.Photo.Id).Distinct().Count());
    }

    [Fact]
    public void Renew_WhenWorn_FindsTheSame()
    {
        var catalog = Filled(2000);
        Assert.False(catalog.IsWorn);
        catalog.Remove(Enumerable.Range(500, 600).Select(id => (long)id));
        Assert.True(catalog.IsWorn);
        var before = catalog.Nearest(Query, 50);

        catalog.Renew(Enumerable.Range(0, 2000).Where(id => id is < 500 or >= 1100).Select(id => (Photo(id), Embedding(id))));

        Assert.False(catalog.IsWorn);
        Assert.Equal(1400, catalog.Count);
        Assert.Equal(before, catalog.Nearest(Query, 50));
    }

    [Fact]
    public void Nearest_OfManyQueries_FindsWhatEachAloneFinds()
    {
        var catalog = Filled(300);
        catalog.Remove([5, 6, 7]);
        float[][] queries = [.. Enumerable.Range(0, 130).Select(i => Embedding(1000 + i))];

        var found = catalog.Nearest([.. queries.SelectMany(q => q)], 7, CancellationToken.None);

        Assert.Equal(queries.Select(q => catalog.Nearest(q, 7)), found);
    }

    [Fact]
    public async Task Nearest_WhilePhotographsComeAndGo_FindsOnlyThoseThatWereThere()
    {
        var catalog = Filled(200);
        using var end = new CancellationTokenSource();
        var searches = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                // Those below 100 never go.
                var found = catalog.Nearest(Query, 1000).Select(p => p.Photo.Id).ToHashSet();
                Assert.Superset(Enumerable.Range(0, 100).Select(id => (long)id).ToHashSet(), found);
            }
        })).ToArray();

        for (int round = 0; round < 20; round++)
        {
            catalog.Remove(Enumerable.Range(100, 100).Select(id => (long)id));
            catalog.Put([.. Enumerable.Range(100, 100).Select(Photo)], [.. Enumerable.Range(100, 100).SelectMany(Embedding)]);
            catalog.Renew(Enumerable.Range(0, 200).Select(id => (Photo(id), Embedding(id))));
        }

        await end.CancelAsync();
        await Task.WhenAll(searches);
    }

    [Fact]
    public void Groups_AreWhatPairsConnect_TheNearestFirst()
    {
        PhotoPair[] pairs = [new(1, 2, 0.95f), new(5, 6, 0.99f), new(2, 3, 0.97f), new(8, 9, 0.91f), new(3, 4, 0.92f)];

        var groups = DuplicateGroups.Of(pairs);

        Assert.Equal([0.99f, 0.97f, 0.91f], groups.Select(g => g.Cosine));
        Assert.Equal([[5, 6], [1, 2, 3, 4], [8, 9]], groups.Select(g => g.Photos.Order().ToArray()));
    }

    private static PhotoCatalog Filled(int count)
    {
        var catalog = new PhotoCatalog(Dimension);
        catalog.Put([.. Enumerable.Range(0, count).Select(Photo)], [.. Enumerable.Range(0, count).SelectMany(Embedding)]);
        return catalog;
    }

    private static Photo Photo(int id) => new(id, new($"{id}.jpg", 1, 1), "");

    private static float[] Embedding(int id)
    {
        var random = new Random(id);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }
}
