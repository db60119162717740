namespace Microsoft.ML.Clip.Tests;

public sealed class ImageNetSetTests
{
    private const string First = "ILSVRC2012_val_00000001", Second = "ILSVRC2012_val_00000002", Third = "ILSVRC2012_val_00000003";

    [Theory]
    [InlineData($"{Second}.JPEG 0\n{First}.JPEG 1\n{Third}.JPEG 1\n")]
    [InlineData($"{First}.JPEG\tn01443537\n{Second}.JPEG\tn01440764\n{Third}.JPEG\tn01443537")]
    [InlineData($"ImageId,PredictionString\r\n{Third},n01443537 85 1 499 272 n01443537 1 2 3 4\r\n{First},n01443537 1 2 3 4\r\n{Second},n01440764 1 1 2 2\r\n")]
    [InlineData("2\n1\n2\n")]
    public void FromImageNetValidation_EveryFormOfGroundTruth(string truth)
    {
        using var folder = Folder(truth);
        folder.Write("val/readme.txt", "no image");

        var set = Open(folder);
        var rows = SetFiles.ReadTwice(set);

        Assert.Equal(["tench, Tinca tinca", "goldfish, Carassius auratus"], set.ClassNames);
        Assert.Equal([($"{First}.JPEG", 1), ($"{Second}.JPEG", 0), ($"{Third}.JPEG", 1)], rows.Select(r => (r.Name, r.Label)));
        Assert.All(rows, r => Assert.True(File.Exists(r.Path)));
        Assert.Equal((3, "readme.txt"), (set.Count, Assert.Single(set.Skipped)));
        Assert.Equal(["a", "b"], Open(folder, "a", "b").ClassNames);
    }

    [Theory]
    [InlineData("1\n2\n", "3 images", "says what 2 are")]
    [InlineData("1\n2\n3\n", "Line 3", "'3'")]
    [InlineData("0\n1\n2\n", "Line 1", "'0'")]
    [InlineData($"{First} 0\n{First} 0\n{Second} 0", "Line 2", $"'{First}.JPEG' again")]
    [InlineData($"{First} 0\nother 0\n{Second} 0", "Line 2", "'other'")]
    [InlineData($"{First} 0\n{Second} 2\n{Third} 0", "Line 2", "'2'")]
    [InlineData($"{First} 0\n{Second} n99999999\n{Third} 0", "Line 2", "'n99999999'")]
    [InlineData("1\n\n2\n", "Line 2", "empty")]
    [InlineData($"ImageId,PredictionString\n{First},n01440764\n{Second},n01440764\n1", "Line 4", "'1'")]
    public void FromImageNetValidation_GroundTruthThatDoesNotFit_IsNamed(string truth, params string[] words)
    {
        using var folder = Folder(truth);

        SetFiles.Refused(() => Open(folder), ["truth.txt", .. words]);
    }

    [Fact]
    public void FromImageNetValidation_NamesThatDoNotFit_AreNamed()
    {
        using var folder = Folder("1\n1\n1");
        SetFiles.Refused(() => Open(folder, "a"), "1 class names for 2 synsets", "synsets.txt");
        folder.Write("val/" + First + ".png", SetFiles.NoImage);
        folder.Write("truth.txt", "1\n1\n1\n1");
        SetFiles.Refused(() => Open(folder), First, "another ending");
        folder.Write("synsets.txt", "n01440764 tench\nn01440764 goldfish");
        SetFiles.Refused(() => Open(folder), "Line 2", "'n01440764' again");
        folder.Write("synsets.txt", "n01440764 tench\ngoldfish");
        SetFiles.Refused(() => Open(folder), "Line 2", "'goldfish'");
        folder.Write("synsets.txt", "n01440764 tench");
        SetFiles.Refused(() => Open(folder), "one class only");
    }

    [Fact]
    public void FromImageNetTrain_FollowsTheFileOrTheFolders()
    {
        using var folder = Train("n01440764", "n01443537", "n01484850");
        string file = folder.Write("synsets.txt", "n01484850 great white shark, white shark\nn01440764\ttench\nn01443537 goldfish\n");

        var set = ClipDataSet.FromImageNetTrain(folder.Combine("train"), file);

        Assert.Equal(["great white shark, white shark", "tench", "goldfish"], set.ClassNames);
        Assert.Equal([("n01484850/a.JPEG", 0), ("n01440764/a.JPEG", 1), ("n01443537/a.JPEG", 2)], SetFiles.ReadTwice(set).Select(r => (r.Name, r.Label)));
        Assert.Equal(["a", "b", "c"], ClipDataSet.FromImageNetTrain(folder.Combine("train"), file, classNames: ["a", "b", "c"]).ClassNames);
        var plain = ClipDataSet.FromImageNetTrain(folder.Combine("train"));
        Assert.Equal(["n01440764", "n01443537", "n01484850"], plain.ClassNames);
        Assert.Equal([0, 1, 2], plain.Read().Select(r => r.Label));
    }

    [Fact]
    public void FromImageNetTrain_SomeOfTheClasses_HasToBeAskedFor()
    {
        using var folder = Train("n01440764", "n01443537");
        string file = folder.Write("synsets.txt", "n01484850 shark\nn01443537 goldfish\nn01491361 tiger shark\nn01440764 tench\n");

        SetFiles.Refused(() => ClipDataSet.FromImageNetTrain(folder.Combine("train"), file), "2 folders for the 4 synsets", "'n01484850'");
        var set = ClipDataSet.FromImageNetTrain(folder.Combine("train"), file, isSubset: true);
        Assert.Equal(["goldfish", "tench"], set.ClassNames);
        Assert.Equal(["n01443537/a.JPEG", "n01440764/a.JPEG"], set.Read().Select(r => r.Name));
        Assert.Equal(["b", "d"], ClipDataSet.FromImageNetTrain(folder.Combine("train"), file, isSubset: true, ["a", "b", "c", "d"]).ClassNames);
    }

    [Fact]
    public void FromImageNetTrain_WhatDoesNotFit_IsNamed()
    {
        using var folder = Train("n01440764", "n01443537");
        string file = folder.Write("synsets.txt", "n01440764 tench\nn01484850 shark\n"), train = folder.Combine("train");
        SetFiles.Refused(() => ClipDataSet.FromImageNetTrain(train, file, isSubset: true), "'n01443537'", "none of the 2 synsets", "synsets.txt");
        SetFiles.Refused(() => ClipDataSet.FromImageNetTrain(train, classNames: ["a"]), "1 class names for 2 folders");
        Directory.CreateDirectory(folder.Combine("train/n01484850"));
        SetFiles.Refused(() => ClipDataSet.FromImageNetTrain(train), "'n01484850'", "no image");
        Directory.Move(folder.Combine("train/n01484850"), folder.Combine("train/shark"));
        SetFiles.Refused(() => ClipDataSet.FromImageNetTrain(train), "'shark'", "not named by a synset");
    }

    [Fact]
    public void FromImageNetTrain_TinyImageNet_HasItsValidationSet()
    {
        using var folder = SetFiles.Unpack("../tiny-imagenet", n => n.StartsWith("val/", StringComparison.Ordinal) || n == "classes.txt");

        var summary = ClipDataSet.FromImageNetTrain(folder.Combine("val"), folder.Combine("classes.txt")).Summarize();

        Assert.Equal((200, 10_000), (summary.Classes.Count, summary.Rows));
        Assert.All(summary.Classes, c => Assert.Equal(50, c.Count));
    }

    private static TemporaryDirectory Train(params string[] synsets)
    {
        var folder = new TemporaryDirectory();
        foreach (string synset in synsets)
        {
            folder.Write($"train/{synset}/a.JPEG", SetFiles.NoImage);
        }
        return folder;
    }

    private static TemporaryDirectory Folder(string truth)
    {
        var folder = new TemporaryDirectory();
        foreach (string name in (string[])[First, Second, Third])
        {
            folder.Write($"val/{name}.JPEG", SetFiles.NoImage);
        }
        folder.Write("truth.txt", truth);
        folder.Write("synsets.txt", "n01440764 tench, Tinca tinca\nn01443537\tgoldfish, Carassius auratus\n");
        return folder;
    }

    private static ClipDataSet Open(TemporaryDirectory folder, params string[] names) =>
        ClipDataSet.FromImageNetValidation(folder.Combine("val"), folder.Combine("truth.txt"), folder.Combine("synsets.txt"), names.Length == 0 ? null : names);
}
