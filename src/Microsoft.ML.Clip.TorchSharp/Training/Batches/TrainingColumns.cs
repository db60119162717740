using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>A training set in memory: images as bytes, captions and groups as text.</summary>
/// <param name="Images">One for each row.</param>
/// <param name="Captions">The captions of each row, at least one, none empty.</param>
/// <param name="Groups">The group of each row, or null.</param>
/// <param name="Skipped">What was left out because its image could not be read: row and reason.</param>
internal sealed record TrainingData(ClipImageSet Images, IReadOnlyList<string[]> Captions, IReadOnlyList<string>? Groups, IReadOnlyList<string> Skipped);

/// <summary>Which columns of a view hold the training set, and how its images are read.</summary>
/// <param name="Image">Images, in any form that <see cref="ImageColumn"/> knows.</param>
/// <param name="Caption">Texts, or vectors of texts.</param>
/// <param name="Group">Texts; null if there are no groups.</param>
/// <param name="Folder">The folder that relative paths of images start from.</param>
/// <param name="ImageSize">Height and width that images are brought to.</param>
/// <param name="SkipsInvalid">Whether rows whose image cannot be read are left out.</param>
internal sealed record TrainingColumns(string Image, string Caption, string? Group, string? Folder, int ImageSize, bool SkipsInvalid)
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
        private readonly List<string> _skipped = [];

        // Of the rows that have been read and not decoded.
        private readonly List<(long Row, string[] Captions, string? Group)> _pending = [];
        private readonly byte[]?[] _decoded = new byte[]?[BatchSize];

        public TrainingData Visit<TInput>(PrepareRow<TInput, float> read)
        {
            DataViewSchema.Column image = Find(columns.Image), caption = Find(columns.Caption);
            DataViewSchema.Column? group = columns.Group is null ? null : Find(columns.Group);
            using var cursor = data.GetRowCursor(group is { } third ? [image, caption, third] : [image, caption]);
            var getCaptions = Captions(cursor, caption);
            var getGroup = group is { } named ? Group(cursor, named) : null;
            // Decoded images are large: hold no more of them than can be worked on at once.
            int slots = typeof(TInput) == typeof(MLImage) ? Math.Min(BatchSize, Environment.ProcessorCount) : BatchSize;
            var images = new ColumnBuffer<TInput>(cursor, image, slots);
            while (cursor.MoveNext())
            {
                watch.Rows(_images.Count + _skipped.Count + _pending.Count);
                string[] captions = getCaptions();
                if (captions.Length == 0 || captions.Any(string.IsNullOrWhiteSpace))
                {
                    throw BadCaptions(cursor.Position, captions.Length == 0 ? "there is no caption." : "a caption is empty.");
                }
                images.Fetch(_pending.Count);
                _pending.Add((cursor.Position, captions, getGroup?.Invoke()));
                if (_pending.Count == slots)
                {
                    Decode(images, read);
                }
            }
            Decode(images, read);
            return new TrainingData(_images, _captions, group is null ? null : _groups, _skipped);
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
                var (row, captions, group) = _pending[i];
                if (errors[i] is { } error)
                {
                    string message = RowErrors.Message(row, columns.Image, RowErrors.Problem(error));
                    if (!columns.SkipsInvalid)
                    {
                        throw new ClipImageException(message) { Row = row, Column = columns.Image, Path = error.Path, Cause = error };
                    }
                    _skipped.Add(message);
                    continue;
                }

                _images.Grow(1);
                _decoded[i].CopyTo(_images[_images.Count - 1]);
                _captions.Add(captions);
                if (group is not null)
                {
                    _groups.Add(group);
                }
            }

            _pending.Clear();
            watch.Rows(_images.Count + _skipped.Count);
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
