using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip;

/// <summary>Reads an <see cref="IDataView"/> once into memory and says which row is at fault.</summary>
internal sealed class TrainingColumns(string imageColumn, string captionColumn, string? groupColumn, string? imageFolder, int imageSize, bool skipInvalid)
{
    // Rows whose images are decoded together.
    private const int BatchSize = 512;

    private readonly ByteImageReader _reader = new(imageSize);
    private readonly ClipImageSet _images = new(imageSize);
    private readonly byte[][] _decoded = new byte[BatchSize][];
    private readonly List<string[]> _captions = [];
    private readonly List<string> _groups = [];
    private readonly List<string> _skipped = [];

    private delegate void Decode<TImage>(TImage image, byte[] pixels);

    public TrainingData Read(IDataView data, CancellationToken cancellation)
    {
        DataViewSchema.Column image = Find(data.Schema, imageColumn), caption = Find(data.Schema, captionColumn);
        DataViewSchema.Column? group = groupColumn is null ? null : Find(data.Schema, groupColumn);
        switch (image.Type)
        {
            case TextDataViewType:
                Read<ReadOnlyMemory<char>, string>(data, image, caption, group, path => path.ToString(), (path, pixels) =>
                    _reader.Read(FullPath(path), pixels), cancellation);
                break;
            case ImageDataViewType:
                // The row owns its image, so it is decoded to bytes before the cursor moves on.
                Read<MLImage, byte[]>(data, image, caption, group, Pixels, (source, pixels) => source.CopyTo(pixels, 0), cancellation);
                break;
            case VectorDataViewType { ItemType: var item } when item == NumberDataViewType.Byte:
                Read<VBuffer<byte>, byte[]>(data, image, caption, group, bytes => [.. bytes.DenseValues()], (bytes, pixels) =>
                    _reader.Read((ReadOnlySpan<byte>)bytes, pixels), cancellation);
                break;
            default:
                throw new ArgumentException($"Column '{imageColumn}' has to be {ImageColumn.Expected}, but is {image.Type}.", nameof(data));
        }

        return new TrainingData(_images, _captions, group is null ? null : _groups, _skipped);
    }

    private void Read<TValue, TImage>(IDataView data, DataViewSchema.Column image, DataViewSchema.Column caption, DataViewSchema.Column? group,
        Func<TValue, TImage> take, Decode<TImage> decode, CancellationToken cancellation)
    {
        DataViewSchema.Column[] columns = group is { } g ? [image, caption, g] : [image, caption];
        using var cursor = data.GetRowCursor(columns);
        var getImage = cursor.GetGetter<TValue>(image);
        var getCaptions = Captions(cursor, caption);
        var getGroup = group is { } column ? Group(cursor, column) : null;
        var pending = new List<(long Row, TImage Image, string[] Captions, string? Group)>(BatchSize);
        TValue value = default!;
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            long row = cursor.Position;
            string[] captions = getCaptions();
            if (captions.Length == 0 || captions.Any(string.IsNullOrWhiteSpace))
            {
                throw new ArgumentException($"Row {row}, column '{captionColumn}': {(captions.Length == 0 ? "there is no caption" : "a caption is empty")}.", nameof(data));
            }
            getImage(ref value);
            try
            {
                pending.Add((row, take(value), captions, getGroup?.Invoke()));
            }
            catch (ClipImageException e)
            {
                Unreadable(row, e);
            }

            if (pending.Count == BatchSize)
            {
                Flush(pending, decode);
            }
        }

        Flush(pending, decode);
    }

    private void Flush<TImage>(List<(long Row, TImage Image, string[] Captions, string? Group)> pending, Decode<TImage> decode)
    {
        var errors = new ClipImageException?[pending.Count];
        if (pending.Count > 0)
        {
            ParallelRows.For(pending.Count, Environment.ProcessorCount, i =>
            {
                try
                {
                    decode(pending[i].Image, _decoded[i] ??= new byte[imageSize * imageSize * 3]);
                }
                catch (ClipImageException e)
                {
                    errors[i] = e;
                }
            });
        }

        for (int i = 0; i < pending.Count; i++)
        {
            if (errors[i] is { } error)
            {
                Unreadable(pending[i].Row, error);
                continue;
            }

            _images.Grow(1);
            _decoded[i].CopyTo(_images[_images.Count - 1]);
            _captions.Add(pending[i].Captions);
            if (pending[i].Group is { } name)
            {
                _groups.Add(name);
            }
        }

        pending.Clear();
    }

    private void Unreadable(long row, ClipImageException error)
    {
        string message = $"Row {row}, column '{imageColumn}': {error.Message}";
        if (!skipInvalid)
        {
            throw new ClipImageException(message, error);
        }
        _skipped.Add(message);
    }

    private byte[] Pixels(MLImage image)
    {
        if (image is null)
        {
            throw new ClipImageException("The row has no image (null).");
        }
        byte[] pixels = new byte[imageSize * imageSize * 3];
        _reader.Read(image, pixels);
        return pixels;
    }

    private string FullPath(string path) => string.IsNullOrWhiteSpace(path)
        ? throw new ClipImageException("The row has no image: its path is empty.")
        : imageFolder is null ? path : Path.Combine(imageFolder, path);

    private Func<string[]> Captions(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        switch (column.Type)
        {
            case TextDataViewType:
                var one = cursor.GetGetter<ReadOnlyMemory<char>>(column);
                ReadOnlyMemory<char> text = default;
                return () =>
                {
                    one(ref text);
                    return [text.ToString()];
                };
            case VectorDataViewType { ItemType: TextDataViewType }:
                var many = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
                VBuffer<ReadOnlyMemory<char>> texts = default;
                return () =>
                {
                    many(ref texts);
                    return [.. texts.DenseValues().Select(t => t.ToString())];
                };
            default:
                throw new ArgumentException($"Column '{captionColumn}' has to be text or a vector of texts, but is {column.Type}.");
        }
    }

    private Func<string> Group(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is not TextDataViewType)
        {
            throw new ArgumentException($"Column '{groupColumn}' has to be text, but is {column.Type}.");
        }
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> name = default;
        return () =>
        {
            getter(ref name);
            return name.ToString();
        };
    }

    private static DataViewSchema.Column Find(DataViewSchema schema, string name) => schema.GetColumnOrNull(name)
        ?? throw new ArgumentException($"The data has no column '{name}'. Its columns are: {string.Join(", ", schema.Select(c => $"'{c.Name}'"))}.");
}
