using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>The images of COCO's JSON (cocodataset.org/#format-data) in its order, each with its first caption.</summary>
internal static class CocoFiles
{
    private const string Images = "images", Annotations = "annotations";

    public static IEnumerable<ShardInputFile> List(string json, string root, CancellationToken cancellation)
    {
        if (!Directory.Exists(root))
        {
            throw new ClipShardException(ClipShardProblem.Input, $"There is no folder '{root}'.");
        }
        foreach (var (name, caption) in InputFiles.Planned(() => Read(json, root)))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return InputFiles.FactsOrMissing(root, name) with { Caption = caption };
        }
    }

    private static List<(string Name, string? Caption)> Read(string json, string root)
    {
        var images = new List<(long Id, string Name)>();
        var ids = new HashSet<long>();
        var captions = new Dictionary<long, (string? Text, string Place)>();
        var counts = JsonRecords.Read(json, (Images, AddImage), (Annotations, AddCaption));
        if (counts.GetValueOrDefault(Images) == 0)
        {
            throw new InvalidDataException($"'{json}' has no '{Images}'; expected COCO's lists '{Images}' and '{Annotations}', with something in the first.");
        }
        // Annotations stand before images in some files.
        foreach (var (image, caption) in captions)
        {
            if (!ids.Contains(image))
            {
                throw new InvalidDataException($"{caption.Place} belongs to the image {image}, which '{Images}' does not have.");
            }
        }
        return [.. images.Select(i => (i.Name, captions.GetValueOrDefault(i.Id).Text))];

        void AddImage(JsonRecord image)
        {
            long id = image.Number("id");
            string text = image.Text("file_name");
            string name = InputFiles.NameWithin(root, text) is { } within && !Path.IsPathRooted(text) ? within
                : throw new InvalidDataException($"{image.Place} names the file '{InputFiles.Cut(text)}'; expected a name within the folder of the images.");
            images.Add(ids.Add(id) ? (id, name) : throw new InvalidDataException($"{image.Place} has the id {id} of an image before it."));
        }

        void AddCaption(JsonRecord annotation)
        {
            string? text = annotation.TextOrNull("caption");
            if (text is not null && Encoding.UTF8.GetByteCount(text) is > InputFiles.MaximumCaption and var bytes)
            {
                throw new InvalidDataException($"{annotation.Place} has a caption of {bytes} bytes; expected at most {InputFiles.MaximumCaption}.");
            }
            long id = annotation.Number("image_id");
            if (captions.GetValueOrDefault(id).Text is null)
            {
                captions[id] = (text, annotation.Place);
            }
        }
    }
}
