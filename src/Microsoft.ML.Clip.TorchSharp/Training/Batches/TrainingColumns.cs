using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>Which columns of a view hold the training set, and how its images are read.</summary>
/// <param name="Image">Images, in any form that <see cref="ImageColumn"/> knows.</param>
/// <param name="Caption">Texts, or vectors of texts.</param>
/// <param name="Group">Texts; null if there are no groups.</param>
/// <param name="Shares">Vectors of floats: how much of each group an image shows; null if it shows its own.</param>
/// <param name="Folder">The folder that relative paths of images start from.</param>
/// <param name="ImageSize">Height and width that images are brought to.</param>
/// <param name="SkipsInvalid">Whether rows whose image cannot be read are left out.</param>
/// <param name="Rank">The rank whose images are read: every <paramref name="Ranks"/>th row's, from this one on.</param>
/// <param name="Ranks">How many ranks there are.</param>
internal sealed record TrainingColumns(
    string Image, string Caption, string? Group, string? Shares, string? Folder, int ImageSize, bool SkipsInvalid, int Rank = 0, int Ranks = 1)
{
    /// <summary>Reads a view once into memory.</summary>
    /// <exception cref="ArgumentException">A column is missing or of a wrong type, or a caption is empty; the message names column and row.</exception>
    /// <exception cref="ClipImageException">An image cannot be read; the message names column and row.</exception>
    public TrainingData Read(IDataView data, TrainingWatch watch)
    {
        var reader = new ByteImageReader(ImageSize, Folder);
        return ImageColumn.Accept(host: null, ColumnChecks.Find(host: null, data.Schema, Image), reader.Pixels, new Reading(this, data, watch));
    }

    /// <summary>One pass over a view, for images of whatever type.</summary>
    private sealed class Reading(TrainingColumns columns, IDataView data, TrainingWatch watch) : IImageColumnVisitor<TrainingData>
    {
        // Rows whose images are decoded together: enough for every processor, and not so many that nothing is heard of them for long.
        private static readonly int BatchSize = 16 * Environment.ProcessorCount;

        private readonly ClipImageSet _images = new(columns.ImageSize);
        private readonly List<string[]> _captions = [];
        private readonly List<string> _groups = [];
        private readonly List<float[]> _shares = [];
        private readonly List<int> _places = [];
        private readonly List<SkippedRow> _skipped = [];

        // Of the rows that have been read and not decoded: which of all, and where in the view.
        private readonly List<(int Row, long Position)> _pending = [];
        private readonly byte[]?[] _decoded = new byte[]?[BatchSize];

        public TrainingData Visit<TInput>(PrepareRow<TInput, float> read)
        {
            DataViewSchema.Column image = Find(columns.Image), caption = Find(columns.Caption);
            DataViewSchema.Column? group = columns.Group is null ? null : Find(columns.Group);
            DataViewSchema.Column? shares = columns.Shares is null ? null : Find(columns.Shares);
            using var cursor = data.GetRowCursor([image, caption, .. new[] { group, shares }.OfType<DataViewSchema.Column>()]);
            var getCaptions = Captions(cursor, caption);
            var getGroup = group is { } named ? Group(cursor, named) : null;
            var getShares = shares is { } told ? Shares(cursor, told) : null;
            // Decoded images are large: hold no more of them than can be worked on at once.
            int slots = typeof(TInput) == typeof(MLImage) ? Math.Min(BatchSize, Environment.ProcessorCount) : BatchSize;
            var images = new ColumnBuffer<TInput>(cursor, image, slots);
            while (cursor.MoveNext())
            {
                watch.Rows(_captions.Count);
                string[] captions = getCaptions();
                if (captions.Length == 0 || captions.Any(string.IsNullOrWhiteSpace))
                {
                    throw BadCaptions(cursor.Position, captions.Length == 0 ? "there is no caption." : "a caption is empty.");
                }
                int row = _captions.Count;
                bool isOwn = row % columns.Ranks == columns.Rank;
                if (isOwn)
                {
                    images.Fetch(_pending.Count);
                    _pending.Add((row, cursor.Position));
                }
                _captions.Add(captions);
                _places.Add(TrainingData.Elsewhere);
                if (getGroup is not null)
                {
                    _groups.Add(getGroup());
                }
                if (getShares is not null)
                {
                    _shares.Add(getShares());
                }
                if (isOwn && _pending.Count == slots)
                {
                    Decode(images, read);
                }
            }
            Decode(images, read);
            int[] ranks = [.. _captions.Select((_, row) => row % columns.Ranks)];
            return new TrainingData(_images, _captions, group is null ? null : _groups, _skipped, _places, ranks, shares is null ? null : _shares);
        }

        private ArgumentException BadCaptions(long row, string problem)
        {
            string message = RowErrors.Message(row, columns.Caption, problem);
            return new(message, nameof(data), new ClipRowException(message) { Row = row, Column = columns.Caption });
        }

        private DataViewSchema.Column Find(string name) => ColumnChecks.Find(host: null, data.Schema, name);

        private void Decode<TInput>(ColumnBuffer<TInput> images, PrepareRow<TInput, float> read)
        {
            var errors = new ClipImageException?[_pending.Count];
            ParallelRows.For(errors.Length, Environment.ProcessorCount, i =>
            {
                watch.Cancellation.ThrowIfCancellationRequested();
                try
                {
                    ByteImageReader.Read(read, images[i], _decoded[i] ??= new byte[columns.ImageSize * columns.ImageSize * 3]);
                }
                catch (ClipImageException e)
                {
                    errors[i] = e;
                }
            });

            for (int i = 0; i < errors.Length; i++)
            {
                var (row, position) = _pending[i];
                if (errors[i] is { } error)
                {
                    string message = RowErrors.Message(position, columns.Image, RowErrors.Problem(error));
                    if (!columns.SkipsInvalid)
                    {
                        throw new ClipImageException(message) { Row = position, Column = columns.Image, Path = error.Path, Cause = error };
                    }
                    _skipped.Add(new SkippedRow(row, message));
                    continue;
                }

                _images.Grow(1);
                _decoded[i].CopyTo(_images[_images.Count - 1]);
                _places[row] = _images.Count - 1;
            }

            _pending.Clear();
            watch.Rows(_captions.Count);
        }

        private static Func<string[]> Captions(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            switch (column.Type)
            {
                case TextDataViewType:
                    var getOne = Text(cursor, column);
                    return () => [getOne()];
                case VectorDataViewType { ItemType: TextDataViewType }:
                    var many = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
                    VBuffer<ReadOnlyMemory<char>> texts = default;
                    return () =>
                    {
                        many(ref texts);
                        return [.. texts.DenseValues().Select(t => t.ToString())];
                    };
                default:
                    throw ColumnChecks.WrongType(host: null, column.Name, "text or a vector of texts", column.Type.ToString());
            }
        }

        private static Func<string> Group(DataViewRowCursor cursor, DataViewSchema.Column column) => column.Type is TextDataViewType ? Text(cursor, column)
            : throw ColumnChecks.WrongType(host: null, column.Name, "text", column.Type.ToString());

        private Func<float[]> Shares(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            if (column.Type is not VectorDataViewType { ItemType: NumberDataViewType { RawType: var item } } || item != typeof(float))
            {
                throw ColumnChecks.WrongType(host: null, column.Name, "a vector of Single", column.Type.ToString());
            }
            var getter = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> values = default;
            return () =>
            {
                getter(ref values);
                float[] shares = [.. values.DenseValues()];
                if (GroupShares.Problem(shares) is { } problem)
                {
                    string message = RowErrors.Message(cursor.Position, column.Name, problem);
                    throw new ArgumentException(message, nameof(data), new ClipRowException(message) { Row = cursor.Position, Column = column.Name });
                }
                return shares;
            };
        }

        private static Func<string> Text(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            var getter = cursor.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return () =>
            {
                getter(ref text);
                return text.ToString();
            };
        }
    }
}
