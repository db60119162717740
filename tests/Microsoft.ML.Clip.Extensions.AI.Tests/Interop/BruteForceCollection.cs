using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// A collection in memory that compares with everything. What it asks of an embedding generator, and when, is decided by the abstractions' own model of a
/// record, as in the connectors: that is what is tested with it.
/// </summary>
internal sealed class BruteForceCollection<TKey, TRecord> : VectorStoreCollection<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly Dictionary<TKey, (TRecord Record, ReadOnlyMemory<float>[] Vectors)> _rows = [];
    private readonly CollectionModel _model;

    public BruteForceCollection(VectorStoreCollectionDefinition? definition = null, IEmbeddingGenerator? generator = null) => _model =
        typeof(TRecord) == typeof(Dictionary<string, object?>) ? new ModelBuilder().BuildDynamic(definition!, generator)
        : new ModelBuilder().Build(typeof(TRecord), typeof(TKey), definition, generator);

    public override string Name => "memory";

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default)
    {
        _rows.Clear();
        return Task.CompletedTask;
    }

    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(_rows.TryGetValue(key, out var row) ? row.Record : null);

    public override IAsyncEnumerable<TRecord> GetAsync(Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        _rows.Remove(key);
        return Task.CompletedTask;
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default) => UpsertAsync([record], cancellationToken);

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        TRecord[] all = [.. records];
        var vectors = all.Select(_ => new ReadOnlyMemory<float>[_model.VectorProperties.Count]).ToArray();
        for (int p = 0; p < _model.VectorProperties.Count; p++)
        {
            var property = _model.VectorProperties[p];
            object?[] values = [.. all.Select(property.GetValueAsObject)];
            // One call for all records.
            var embeddings = IsVector(property.Type) ? values.Select(v => Vector(v!)).ToArray()
                : [.. (await property.GenerateEmbeddingsAsync(values, cancellationToken)).Select(Vector)];
            for (int i = 0; i < all.Length; i++)
            {
                Assert.Equal(property.Dimensions, embeddings[i].Length);
                vectors[i][p] = embeddings[i];
            }
        }
        for (int i = 0; i < all.Length; i++)
        {
            _rows[(TKey)_model.KeyProperty.GetValueAsObject(all[i])!] = (all[i], vectors[i]);
        }
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(TInput searchValue, int top,
        VectorSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var property = _model.GetVectorPropertyOrSingle(options ?? new());
        int place = _model.VectorProperties.ToList().IndexOf(property);
        var query = IsVector(typeof(TInput)) ? Vector(searchValue) : Vector(await property.GenerateEmbeddingAsync(searchValue, cancellationToken));
        // Unit vectors: scalar products are cosines.
        var scored = _rows.Values.Select(row => (row.Record, Score: Dot(row.Vectors[place].Span, query.Span)));
        foreach (var (record, score) in scored.OrderByDescending(r => r.Score).Take(top))
        {
            yield return new(record, score);
        }
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) => null;

    private static bool IsVector(Type type) => type == typeof(ReadOnlyMemory<float>) || type == typeof(float[]) || type == typeof(Embedding<float>);

    private static ReadOnlyMemory<float> Vector(object value) => value switch
    {
        ReadOnlyMemory<float> memory => memory,
        float[] array => array,
        Embedding<float> embedding => embedding.Vector,
        _ => throw new NotSupportedException($"{value.GetType()}"),
    };

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private sealed class ModelBuilder() : CollectionModelBuilder(new() { SupportsMultipleVectors = true, RequiresAtLeastOneVector = true })
    {
        protected override void ValidateKeyProperty(KeyPropertyModel keyProperty) => Assert.NotNull(keyProperty);

        protected override bool IsDataPropertyTypeValid(Type type, [NotNullWhen(false)] out string? supportedTypes)
        {
            supportedTypes = "string";
            return type == typeof(string);
        }

        protected override bool IsVectorPropertyTypeValid(Type type, [NotNullWhen(false)] out string? supportedTypes)
        {
            supportedTypes = "ReadOnlyMemory<float>, Embedding<float>, float[]";
            return IsVector(type);
        }
    }
}
