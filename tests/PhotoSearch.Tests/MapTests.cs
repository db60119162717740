using System.Net;

namespace PhotoSearch.Tests;

/// <summary>The map: that neighbours stay neighbours, that it is the same each time, and what becomes of it when photographs come and go.</summary>
public sealed class MapTests : IDisposable
{
    private const int Dimension = 32;

    // A step of the finite difference, and how near a slope in float comes to it.
    private const float Step = 1e-2f, SlopeTolerance = 0.02f;

    private readonly Album _album = new();

    public void Dispose() => _album.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(11.5)]
    public void Affinities_HaveTheEntropyThatTheyShould(double perplexity)
    {
        float[] distances = [.. Enumerable.Range(0, 20).Select(i => 1 + (0.03f * i * i))], shares = new float[20];

        Affinities.Fill(distances, perplexity, shares);

        Assert.Equal(1, shares.Sum(), 1e-5);
        Assert.Equal(Math.Log(perplexity), -shares.Where(s => s > 0).Sum(s => s * Math.Log(s)), 1e-3);
        Assert.Equal(shares.OrderDescending(), shares);
    }

    [Fact]
    public void Affinities_OfNearestThatAreAllAsNear_AreEqual()
    {
        float[] shares = new float[4];

        Affinities.Fill([0.5f, 0.5f, 0.5f, 0.5f], 2, shares);

        Assert.All(shares, share => Assert.Equal(0.25f, share, 1e-6f));
    }

    [Fact]
    public void Gradient_IsTheSlopeOfTheDivergence()
    {
        float[] embeddings = [.. Clusters(4, 6).SelectMany(e => e)];
        var random = new Random(2);
        float[] xs = [.. Enumerable.Range(0, 24).Select(_ => random.NextSingle() * 3)], ys = [.. xs.Select(_ => random.NextSingle() * 3)];
        var (dx, dy, _) = NeighbourMap.Gradient(embeddings, Dimension, xs, ys);

        for (int i = 0; i < 24; i++)
        {
            Assert.Equal(Slope(xs, i), 4 * dx[i], SlopeTolerance * dx.Max(Math.Abs));
            Assert.Equal(Slope(ys, i), 4 * dy[i], SlopeTolerance * dy.Max(Math.Abs));
        }

        float Slope(float[] places, int i)
        {
            float was = places[i];
            places[i] = was + Step;
            double after = NeighbourMap.Gradient(embeddings, Dimension, xs, ys).Divergence;
            places[i] = was - Step;
            double before = NeighbourMap.Gradient(embeddings, Dimension, xs, ys).Divergence;
            places[i] = was;
            return (float)((after - before) / (2 * Step));
        }
    }

    [Fact]
    public void Make_NeighboursStayTogether_AsMainDirectionsAloneDoNotKeepThem()
    {
        float[][] embeddings = Clusters(15, 20);
        float[] packed = [.. embeddings.SelectMany(e => e)];

        double together = Together(NeighbourMap.Make(packed, Dimension, CancellationToken.None), 20);
        double before = Together(NeighbourMap.Begin(packed, Dimension), 20);

        Assert.InRange(together, 0.97, 1);
        Assert.InRange(before, 0, 0.9);
    }

    /// <summary>Embeddings that were whitened are like that: the attraction that a map begins with drew all of them into one point.</summary>
    [Fact]
    public void Make_WhereNeighboursAreHardlyNearerThanOthers_IsNoPoint()
    {
        const int Count = 400, Dimension = 64;
        var random = new Random(5);
        float[] embeddings = [.. Enumerable.Range(0, Count * Dimension).Select(_ => random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f)];

        var map = NeighbourMap.Make(embeddings, Dimension, CancellationToken.None);

        Assert.Equal(Count, map.Distinct().Count());
        // It fills the square.
        Assert.All(map.GroupBy(p => (p.X > 0.5f, p.Y > 0.5f)), quarter => Assert.InRange(quarter.Count(), Count / 20, Count / 2));
        Assert.Equal(4, map.GroupBy(p => (p.X > 0.5f, p.Y > 0.5f)).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(120)]
    public void Make_OfAnyNumber_IsInTheSquare_AndTheSameEachTime(int count)
    {
        float[] embeddings = [.. Clusters(count, 1).SelectMany(e => e)];

        var points = NeighbourMap.Make(embeddings, Dimension, CancellationToken.None);

        Assert.Equal(count, points.Distinct().Count());
        Assert.All(points, p => Assert.True(p is { X: >= 0 and <= 1, Y: >= 0 and <= 1 }, p.ToString()));
        Assert.Equal(points, NeighbourMap.Make(embeddings, Dimension, CancellationToken.None));
    }

    [Fact]
    public void Make_OfEqualPhotographs_IsInTheSquare()
    {
        float[] one = Clusters(1, 1)[0], embeddings = [.. Enumerable.Repeat(one, 60).SelectMany(e => e)];

        var points = NeighbourMap.Make(embeddings, Dimension, CancellationToken.None);

        Assert.Equal(60, points.Length);
        Assert.All(points, p => Assert.True(p is { X: >= 0 and <= 1, Y: >= 0 and <= 1 }, p.ToString()));
    }

    [Fact]
    public void Find_InAPart_GivesWhatStandsThere_SpreadOverIt()
    {
        var map = new PhotoMap();
        var random = new Random(1);
        // Nearly all in one corner.
        MapPlace[] places = [.. Enumerable.Range(0, 1000).Select(i => new MapPlace(i, i < 900
            ? new(random.NextSingle() / 10, random.NextSingle() / 10) : new(random.NextSingle(), random.NextSingle()), MapPart.Landmark))];
        map.Put(places);

        var (all, few) = map.Find(new(0, 0), new(1, 1), 50);
        var (inside, part) = map.Find(new(0.5f, 0.5f), new(1, 0.75f), 1000);

        Assert.Equal((1000, 50), (all, few.Count));
        Assert.InRange(few.Count(p => p.Point is { X: > 0.1f } or { Y: > 0.1f }), 35, 50);
        var expected = places.Where(p => p.Point is { X: >= 0.5f, Y: >= 0.5f and <= 0.75f }).Select(p => p.Photo);
        Assert.Equal(expected.Order(), part.Select(p => p.Photo).Order());
        Assert.Equal(inside, part.Count);
        Assert.Equal(1000, map.Find(new(-1, -1), new(2, 2), 5000).Places.Distinct().Count());
    }

    [Fact]
    public void Update_OfMoreThanItIsMadeOf_PutsTheOthersAmongTheirNeighbours_AndWhatComesLater()
    {
        float[][] embeddings = Clusters(10, 21);
        using var database = new PhotoDatabase(Path.Combine(Directory.CreateDirectory(_album.Data).FullName, "map.db"), "model");
        var (catalog, map) = (new PhotoCatalog(Dimension), new PhotoMap());
        var maker = new MapMaker(database, catalog, map, mostLandmarks: 60);
        Save(Enumerable.Range(0, 210).Where(i => i % 21 != 20));

        maker.Update(CancellationToken.None, (_, _) => { });
        var first = database.Places();
        Save(Enumerable.Range(0, 210).Where(i => i % 21 == 20));
        maker.Update(CancellationToken.None, (_, _) => { });

        Assert.Equal((50, 150), (first.Count(p => p.Part == MapPart.Landmark), first.Count(p => p.Part == MapPart.Filled)));
        var second = database.Places().OrderBy(p => p.Photo).ToArray();
        Assert.Equal(first.OrderBy(p => p.Photo), second.Take(200));
        Assert.Equal(10, second.Count(p => p.Part == MapPart.Added));
        Assert.Equal(210, map.Count);
        // Photographs are numbered as they were saved: 20 of each cluster, and then one of each.
        var clusters = second.Select((p, i) => (p.Point, Cluster: i < 200 ? i / 20 : i - 200)).OrderBy(p => p.Cluster).ToArray();
        Assert.InRange(Together([.. clusters.Select(p => p.Point)], 21), 0.9, 1);

        void Save(IEnumerable<int> photographs)
        {
            int[] all = [.. photographs];
            var saved = database.Save([.. all.Select(i => (new PhotoFile($"{i}.jpg", 1, 1), embeddings[i], ""))]);
            catalog.Put(saved, [.. all.SelectMany(i => embeddings[i])]);
        }
    }

    [Fact]
    public async Task Map_IsKept_PutsACopyBesideIt_AndIsMadeAgainWhenMuchChanges()
    {
        _album.WithSamples();
        _album.Draw(10);
        MapPlaceAnswer[] first;
        await using (var site = await RunningSite.StartReadyAsync(_album, 16))
        {
            first = await PlacesAsync(site);
        }
        Assert.Equal(16, first.Length);

        await using var again = await RunningSite.StartReadyAsync(_album, 16);
        Assert.Equal(first.Select(Place), (await PlacesAsync(again)).Select(Place));
        Assert.DoesNotContain(again.Log, m => m.StartsWith("Mapping", StringComparison.Ordinal));

        // One more: the others stay where they are.
        _album.Add("copy.jpg", Album.Recompressed("dog.jpg", 300, 85));
        await again.UntilAsync(status => status.Photographs == 17 && status.Stage == "ready");
        var second = await PlacesAsync(again);
        var copy = Assert.Single(second, p => p.Photograph.Name == "copy.jpg");
        Assert.Equal(first.Select(Place).Order(), second.Where(p => p != copy).Select(Place).Order());
        double toDog = Away(copy, second.Single(p => p.Photograph.Name == "dog.jpg"));
        Assert.InRange(toDog, 0, 0.25);

        // Most are gone.
        Directory.Delete(_album.At("drawn"), recursive: true);
        await again.UntilAsync(status => status.Photographs == 7 && status.Stage == "ready");
        var third = await PlacesAsync(again);
        Assert.Equal(7, third.Length);
        Assert.NotEqual(second.Where(p => third.Any(q => q.Photograph.Id == p.Photograph.Id)).Select(Place).Order(), third.Select(Place).Order());

        static (long, float, float) Place(MapPlaceAnswer place) => (place.Photograph.Id, place.X, place.Y);
        static double Away(MapPlaceAnswer a, MapPlaceAnswer b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));
    }

    [Theory]
    [InlineData("?left=NaN", 200)]
    [InlineData("?left=2&right=1", 200)]
    [InlineData("?count=-7", 200)]
    [InlineData("?count=2000000000", 200)]
    [InlineData("?left=x", 400)]
    public async Task Part_ThatMakesNoSense_IsEmptyOrRefused(string question, int status)
    {
        _album.WithSamples();
        await using var site = await RunningSite.StartReadyAsync(_album, 6);

        using var answer = await site.Client.GetAsync(new Uri($"/api/map{question}", UriKind.Relative));

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
    }

    private static async Task<MapPlaceAnswer[]> PlacesAsync(RunningSite site)
    {
        var answer = await site.GetAsync<MapAnswer>("/api/map");
        Assert.Equal(answer.Total, answer.Places.Count);
        return [.. answer.Places];
    }

    // How many have one of their own cluster as their nearest on the map; clusters lie one after the other.
    private static double Together(MapPoint[] points, int ofCluster) => points.Select((point, i) =>
    {
        int nearest = Enumerable.Range(0, points.Length).Where(j => j != i)
            .MinBy(j => Math.Pow(points[j].X - point.X, 2) + Math.Pow(points[j].Y - point.Y, 2));
        return nearest / ofCluster == i / ofCluster ? 1.0 : 0;
    }).Average();

    // Directions with some others around each, all of unit length.
    private static float[][] Clusters(int count, int each)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => Draw(random, 1)).SelectMany(centre => Enumerable.Range(0, each).Select(_ =>
        {
            float[] sum = [.. centre.Zip(Draw(random, 0.35f), (a, b) => a + b)];
            float length = MathF.Sqrt(sum.Sum(v => v * v));
            return sum.Select(v => v / length).ToArray();
        }))];

        static float[] Draw(Random random, float scale) => [.. Enumerable.Range(0, Dimension).Select(_ => scale * (random.NextSingle() - 0.5f))];
    }
}
