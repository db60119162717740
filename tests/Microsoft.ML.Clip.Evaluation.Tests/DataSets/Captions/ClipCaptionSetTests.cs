namespace Microsoft.ML.Clip.Tests;

public sealed class ClipCaptionSetTests
{
    private const string Coco = """
        { "info": { "year": 2017 }, "annotations": [ { "id": 1, "image_id": 9, "caption": "a dog" }, { "id": 2, "image_id": 7, "caption": "two cats" },
          { "id": 3, "image_id": 9, "caption": "a dog" } ], "images": [ { "id": 7, "file_name": "b.jpg" }, { "id": 9, "file_name": "a.jpg" } ] }
        """;

    private const string Karpathy = """
        { "dataset": "coco", "images": [
          { "filename": "a.jpg", "split": "test", "sentences": [ { "raw": "a dog" }, { "raw": "a pet" } ] },
          { "filename": "b.jpg", "split": "val", "sentences": [ { "raw": "two cats" } ] },
          { "filename": "c.jpg", "filepath": "val2014", "split": "test", "sentences": [ { "raw": "a horse" } ] } ] }
        """;

    [Fact]
    public void FromCoco_InTheOrderOfTheFile()
    {
        using var folder = Folder(Coco);

        var set = ClipCaptionSet.FromCoco(folder.Combine("captions"), folder);

        Assert.Equal(["b.jpg", "a.jpg"], set.Images.Select(Path.GetFileName));
        Assert.Equal(["a dog", "two cats", "a dog"], set.Captions);
        Assert.Equal([1, 0, 1], set.ImageOfText);
        Assert.Equal(["a dog", "two cats"], set.TakePerImage(1).Captions);
        Assert.Equal(3, set.TakePerImage(5).Captions.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => set.TakePerImage(0));
    }

    [Theory]
    [InlineData("\"images\": [", "\"pictures\": [", "no 'images'")]
    [InlineData("\"annotations\"", "\"captions\"", "no 'annotations'")]
    [InlineData("\"image_id\": 7", "\"image_id\": 8", "annotations[1]", "image 8")]
    [InlineData("\"image_id\": 7", "\"image_id\": 9", "1 of the 2 images", "image 7")]
    [InlineData("\"image_id\": 7", "\"image_id\": 7.5", "annotations[1]", "'image_id'")]
    [InlineData("\"caption\": \"two cats\"", "\"caption\": null", "annotations[1]", "'caption'")]
    [InlineData("b.jpg", "a.jpg", "images[1]", "'a.jpg'")]
    [InlineData("\"id\": 9", "\"id\": 7", "images[1]", "id 7")]
    [InlineData("a.jpg", "x.jpg", "images[1]", "'x.jpg'", "not in")]
    [InlineData("a.jpg", "../a.jpg", "images[1]", "'../a.jpg'", "within the folder")]
    [InlineData("a.jpg", "/etc/hosts", "images[1]", "within the folder")]
    [InlineData("a.jpg", "c:a.jpg", "images[1]", "within the folder")]
    [InlineData("a.jpg", "..\\\\a.jpg", "images[1]", "within the folder")]
    [InlineData("a.jpg", "a.jpg\\u0000", "images[1]", "within the folder")]
    [InlineData("\"images\": [ {", "\"images\": [ 1, {", "images[0]", "Number")]
    [InlineData("\"info\"", "\"images\": [], \"info\"", "'images' twice")]
    [InlineData("} ] }", "} ]", "cut short")]
    [InlineData("} ] }", "} ] } }", "not valid JSON")]
    [InlineData("\"a.jpg\"", "\"\\ud800\"", "not valid JSON")]
    public void FromCoco_WhatDoesNotFit_IsNamed(string old, string by, params string[] words)
    {
        using var folder = Folder(Coco.Replace(old, by, StringComparison.Ordinal));

        SetFiles.Refused(() => ClipCaptionSet.FromCoco(folder.Combine("captions"), folder), ["captions", .. words]);
    }

    [Fact]
    public void FromCoco_NestedWithoutEnd_IsRefused()
    {
        using var folder = Folder($$"""{ "info": {{new string('[', 100_000)}}""");

        SetFiles.Refused(() => ClipCaptionSet.FromCoco(folder.Combine("captions"), folder), "captions", "depth");
    }

    [Fact]
    public void FromFlickr_TakesTheRestOfTheLine()
    {
        using var folder = Folder("image,caption\r\na.jpg,A dog , running .\r\nb.jpg,\"A cat, \"\"asleep\"\"\"\r\na.jpg,\" sale \" says the \"sign\"\r\n");

        var set = ClipCaptionSet.FromFlickr(folder.Combine("captions"), folder);

        Assert.Equal(["a.jpg", "b.jpg"], set.Images.Select(Path.GetFileName));
        Assert.Equal(["A dog , running .", "A cat, \"asleep\"", "\" sale \" says the \"sign\""], set.Captions);
        Assert.Equal([0, 1, 0], set.ImageOfText);
    }

    [Theory]
    [InlineData("a.jpg,A dog", "image,caption")]
    [InlineData("image,caption", "1 lines")]
    [InlineData("image,caption\na.jpg,A dog\nno comma", "Line 3", "'no comma'")]
    [InlineData("image,caption\n,A dog", "Line 2")]
    [InlineData("image,caption\na.jpg,\nb.jpg,x", "Line 2")]
    [InlineData("image,caption\n../a.jpg,A dog", "Line 2", "within the folder")]
    [InlineData("image,caption\nx.jpg,A dog", "Line 2", "'x.jpg'")]
    public void FromFlickr_WhatDoesNotFit_IsNamed(string csv, params string[] words)
    {
        using var folder = Folder(csv);

        SetFiles.Refused(() => ClipCaptionSet.FromFlickr(folder.Combine("captions"), folder), ["captions", .. words]);
    }

    [Fact]
    public void FromKarpathy_ReadsOneSplit()
    {
        using var folder = Folder(Karpathy);

        var set = ClipCaptionSet.FromKarpathy(folder.Combine("captions"), folder);

        Assert.Equal([folder.Combine("a.jpg"), folder.Combine("val2014/c.jpg")], set.Images);
        Assert.Equal(["a dog", "a pet", "a horse"], set.Captions);
        Assert.Equal([0, 0, 1], set.ImageOfText);
        Assert.Equal("captions/test", set.Name);
        Assert.Equal(["two cats"], ClipCaptionSet.FromKarpathy(folder.Combine("captions"), folder, "val").Captions);
        SetFiles.Refused(() => ClipCaptionSet.FromKarpathy(folder.Combine("captions"), folder, "train"), "'train'", "2 of 'test', 1 of 'val'");
    }

    [Theory]
    [InlineData("c.jpg", "d.jpg", "images[2]", "'val2014/d.jpg'")]
    [InlineData("b.jpg", "a.jpg", "images[1]", "'a.jpg'")]
    [InlineData("\"images\"", "\"pictures\"", "none at all")]
    [InlineData("\"split\": \"val\", ", "", "images[1]", "'split'")]
    [InlineData("[ { \"raw\": \"a horse\" } ]", "[]", "images[2]", "no caption")]
    [InlineData("\"raw\": \"a pet\"", "\"text\": \"a pet\"", "sentences[1] of images[0]", "'raw'")]
    public void FromKarpathy_WhatDoesNotFit_IsNamed(string old, string by, params string[] words)
    {
        using var folder = Folder(Karpathy.Replace(old, by, StringComparison.Ordinal));

        SetFiles.Refused(() => ClipCaptionSet.FromKarpathy(folder.Combine("captions"), folder), ["captions", .. words]);
    }

    [Fact]
    public void Constructor_WhatDoesNotFit_IsNamed()
    {
        Refused(["a"], ["x", "y"], [0], "2 captions and 1 places");
        Refused(["a"], [], [], "at least one");
        Refused(["a"], ["x"], [1], "Caption 0", "image 1");
        Refused(["a", "b"], ["x"], [0], "Image 1", "'b'", "1 have none");
        Refused(["a", "a"], ["x", "y"], [0, 1], "'a' twice");

        static void Refused(string[] images, string[] captions, int[] imageOfText, params string[] words)
        {
            string message = Assert.Throws<ArgumentException>(() => new ClipCaptionSet("s", images, captions, imageOfText)).Message;
            Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void FromFlickr_RealSet_HasFiveCaptionsEach()
    {
        using var folder = SetFiles.Unpack("flickr8k-700");

        var set = ClipCaptionSet.FromFlickr(folder.Combine("captions.txt"), folder.Combine("images"));

        Assert.Equal((700, 3500), (set.Images.Count, set.Captions.Count));
        Assert.All(set.ImageOfText.CountBy(i => i), i => Assert.Equal(5, i.Value));
        Assert.Contains("Young boy with a black \" ADHD \" t-shirt nodding off", set.Captions);
    }

    [Fact]
    public void FromCoco_RealSet_HasItsCounts()
    {
        using var folder = SetFiles.Unpack("coco-mini-val");

        var captions = ClipCaptionSet.FromCoco(folder.Combine("annotations/captions_val2017.json"), folder.Combine("val2017"));
        var instances = ClipMultiLabelSet.FromCoco(folder.Combine("annotations/instances_val2017.json"), folder.Combine("val2017"));

        Assert.Equal((79, 395), (captions.Images.Count, captions.Captions.Count));
        Assert.Equal((79, 80, "person"), (instances.Images.Count, instances.ClassNames.Count, instances.ClassNames[0]));
        Assert.All(instances.Labels, l => Assert.NotEmpty(l));
    }

    [Fact]
    public void MultiLabel_FromCoco_CountsEachClassOnce()
    {
        using var folder = Folder("""
            { "images": [ { "id": 7, "file_name": "b.jpg" }, { "id": 9, "file_name": "a.jpg" } ], "categories": [ { "id": 18, "name": "dog" }, { "id": 1, "name": "person" } ],
              "annotations": [ { "image_id": 9, "category_id": 1, "segmentation": [[1, 2]] }, { "image_id": 9, "category_id": 18 }, { "image_id": 9, "category_id": 1 } ] }
            """);
        string file = folder.Combine("captions");

        var set = ClipMultiLabelSet.FromCoco(file, folder);

        Assert.Equal(["dog", "person"], set.ClassNames);
        Assert.Equal([[], [0, 1]], set.Labels);
        Replaced("\"category_id\": 18", "\"category_id\": 19", "annotations[1]", "category 19");
        Replaced("\"id\": 18", "\"id\": 1", "categories[1]", "id 1");
        Replaced("\"categories\"", "\"classes\"", "no class");

        void Replaced(string old, string by, params string[] words)
        {
            string other = folder.Write("other", File.ReadAllText(file).Replace(old, by, StringComparison.Ordinal));
            SetFiles.Refused(() => ClipMultiLabelSet.FromCoco(other, folder), ["other", .. words]);
        }
    }

    private static TemporaryDirectory Folder(string captions)
    {
        var folder = new TemporaryDirectory();
        foreach (string image in (string[])["a.jpg", "b.jpg", "val2014/c.jpg"])
        {
            folder.Write(image, SetFiles.NoImage);
        }
        folder.Write("captions", captions);
        return folder;
    }
}
