namespace Microsoft.ML.Clip;

/// <summary>COCO's annotations (cocodataset.org/#format-data).</summary>
internal static class CocoFile
{
    private const string Images = "images", Annotations = "annotations", Categories = "categories";

    public static ClipCaptionSet Captions(string file, string imageFolder)
    {
        ArgumentNullException.ThrowIfNull(file);
        var images = new ImageList(file, imageFolder);
        var captions = new List<(long Image, string Text, string Place)>();
        var counts = JsonRecords.Read(file, (Images, images.Add),
            (Annotations, a => captions.Add((a.Number("image_id"), a.Text("caption"), a.Place))));
        images.Check(counts);
        // Annotations stand before images in some files.
        int[] imageOfText = [.. captions.Select(c => images.Place(c.Image, c.Place))];
        images.CheckCaptions(imageOfText);
        return new ClipCaptionSet(Path.GetFileNameWithoutExtension(file), images.Paths, [.. captions.Select(c => c.Text)], imageOfText);
    }

    public static ClipMultiLabelSet Instances(string file, string imageFolder)
    {
        ArgumentNullException.ThrowIfNull(file);
        var images = new ImageList(file, imageFolder);
        var names = new List<string>();
        var classOf = new Dictionary<long, int>();
        var annotations = new List<(long Image, long Category, string Place)>();
        var counts = JsonRecords.Read(file, (Images, images.Add), (Categories, AddClass),
            (Annotations, a => annotations.Add((a.Number("image_id"), a.Number("category_id"), a.Place))));
        images.Check(counts);
        DataFiles.AtLeastTwo([.. names], file);
        var labels = new SortedSet<int>[images.Paths.Count];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = [];
        }
        foreach (var (image, category, place) in annotations)
        {
            labels[images.Place(image, place)].Add(classOf.TryGetValue(category, out int label) ? label
                : throw new InvalidDataException($"{place} is of category {category}, which '{Categories}' does not have."));
        }
        return new ClipMultiLabelSet(Path.GetFileNameWithoutExtension(file), [.. names], [.. images.Paths],
            [.. labels.Select(l => (IReadOnlyList<int>)[.. l])]);

        void AddClass(JsonRecord category)
        {
            names.Add(category.Text("name"));
            if (!classOf.TryAdd(category.Number("id"), classOf.Count))
            {
                throw new InvalidDataException($"{category.Place} has the id {category.Number("id")} again.");
            }
        }
    }

    private sealed class ImageList(string file, string imageFolder)
    {
        private readonly string _folder = DataFiles.Folder(imageFolder);
        private readonly Dictionary<long, int> _places = [];
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);
        private readonly List<long> _ids = [];

        public List<string> Paths { get; } = [];

        public void Add(JsonRecord image)
        {
            long id = image.Number("id");
            string name = image.Text("file_name");
            if (!_places.TryAdd(id, Paths.Count) || !_names.Add(name))
            {
                throw new InvalidDataException($"{image.Place} has the id {id} or the file '{name}' of an image before it.");
            }
            Paths.Add(DataFiles.Named(_folder, name, image.Place));
            _ids.Add(id);
        }

        public int Place(long id, string from) => _places.TryGetValue(id, out int place) ? place
            : throw new InvalidDataException($"{from} belongs to the image {id}, which '{Images}' does not have.");

        public void Check(Dictionary<string, int> counts)
        {
            if (counts.GetValueOrDefault(Images) == 0 || counts.GetValueOrDefault(Annotations) == 0)
            {
                string lacking = counts.GetValueOrDefault(Images) == 0 ? Images : Annotations;
                throw new InvalidDataException($"'{file}' has no '{lacking}'; expected COCO's lists '{Images}' and '{Annotations}', with something in both.");
            }
        }

        public void CheckCaptions(int[] imageOfText)
        {
            var with = imageOfText.ToHashSet();
            if (with.Count < Paths.Count)
            {
                int first = Enumerable.Range(0, Paths.Count).First(i => !with.Contains(i));
                throw new InvalidDataException($"{Paths.Count - with.Count} of the {Paths.Count} images of '{file}' have no caption, the first of them image {_ids[first]}.");
            }
        }
    }
}
