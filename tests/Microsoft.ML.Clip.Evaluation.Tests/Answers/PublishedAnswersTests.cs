using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

public sealed class PublishedAnswersTests
{
    private const double OneDigit = 5e-4, TwoDigits = 5e-5;

    private const string Head = "subj,session,trial,rt,object_response,category,condition,imagename\n";

    /// <summary>
    /// Geirhos et al. 2019, ten people and 160 drawings of edges; the rates are those of an implementation of its own, in percent with one digit.
    /// </summary>
    [Fact]
    public void FromGeirhos_PeopleOnEdges_HaveTheRatesOfTheData()
    {
        using var folder = SetFiles.Unpack("geirhos-edges", n => n.EndsWith(".csv", StringComparison.Ordinal));

        var answers = ClipHumanAnswers.FromGeirhos(folder);
        var people = ClipHumanResult.Of(answers.People);

        Assert.Equal(16, answers.ClassNames.Count);
        Assert.Equal((10, 160, 1600), (people.Observers, people.Images, people.Answers));
        Assert.Equal(0.871, people.OfAll.Accuracy, OneDigit);
        Assert.Equal(0.888, people.OfGuesses.Accuracy, OneDigit);
        Assert.Equal(0.994, people.Majority.Accuracy, OneDigit);
        Assert.Equal((154, 6), (people.Majority.Images, people.Majority.Ties));
        Assert.Equal(["alexnet", "googlenet", "vgg"], answers.Models.Select(a => a.Observer).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(0.400, ClipHumanResult.Of(answers.Models.Where(a => a.Observer == "alexnet")).OfAll.Accuracy, OneDigit);
        Assert.Equal(0.244, ClipHumanResult.Of(answers.Models.Where(a => a.Observer == "vgg")).OfAll.Accuracy, OneDigit);
        // People and models saw the same images.
        Assert.Equal(160, ClipAgreement.Of(answers.People.Concat(answers.Models), "subject-01", "vgg").Images);
    }

    [Fact]
    public void FromGeirhos_ReadsNamesConditionsAndSilence()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("edge/edge_subject-01.csv", Head + "subject-01,1,1,0.8,na,oven,0,0001_edg_s01_0_oven_00_oven10.png\r\nsubject-01,1,2,0.9,\"cat\",dog,0,0002_edg_s01_0_dog_00_n02085936_7.png\r\n");
        folder.Write("edge/edge_vgg.csv", Head + "vgg,1,1,NaN,oven,oven,0,0009_edg_dnn_0_oven_00_oven10.png\n");

        var answers = ClipHumanAnswers.FromGeirhos(folder);

        Assert.Equal(["cat", "dog", "oven"], answers.ClassNames);
        Assert.Equal([new("subject-01", "oven10.png", 2, null), new("subject-01", "n02085936_7.png", 1, 0)], answers.People);
        Assert.Equal([new ClipHumanAnswer("vgg", "oven10.png", 2, 2)], answers.Models);
        Assert.Equal(3, ClipHumanAnswers.FromGeirhos(folder, _ => true).People.Count);
        folder.Write("edge/edge_subject-01.csv", Head + "subject-01,1,1,0.8,na,oven,,0001_edg_s01__oven_00_oven10.png\n");
        folder.Write("edge/edge_vgg.csv", Head + "vgg,1,1,NaN,oven,oven,,0009_edg_dnn__oven_00_oven10.png\n");
        Assert.Equal("oven10.png", Assert.Single(ClipHumanAnswers.FromGeirhos(folder).People).Image);
        folder.Write("edge/edge_vgg.csv", Head + "vgg,1,1,NaN,oven,oven,c50,0009_edg_dnn_c50_oven_00_oven10.png\n");
        Assert.Equal("oven10.png (c50)", Assert.Single(ClipHumanAnswers.FromGeirhos(folder).Models).Image);
    }

    [Theory]
    [InlineData("NA", "NaN")]
    [InlineData("nan", "")]
    [InlineData("na", "0")]
    public void FromGeirhos_NoAnswerAndNoCondition_AreNoClassAndNoOtherImage(string answer, string condition)
    {
        using var folder = new TemporaryDirectory();
        folder.Write("s/s_subject-01.csv", Head + $"subject-01,1,1,0.8,{answer},oven,0,0001_sil_s01_0_oven_00_oven10.png\nsubject-01,1,1,0.8,cat,cat,0,0002_sil_s01_0_cat_00_cat1.png\n");
        folder.Write("s/s_vgg.csv", Head + $"vgg,1,1,NaN,oven,oven,{condition},0009_sil_dnn_{condition}_oven_00_oven10.png\n");

        var answers = ClipHumanAnswers.FromGeirhos(folder);

        Assert.Equal(["cat", "oven"], answers.ClassNames);
        Assert.Equal(new ClipHumanAnswer("subject-01", "oven10.png", 1, null), answers.People[0]);
        Assert.Equal("oven10.png", answers.Models[0].Image);
    }

    [Fact]
    public void FromGeirhos_WhatDoesNotFit_IsNamed()
    {
        using var folder = new TemporaryDirectory();
        SetFiles.Refused(() => ClipHumanAnswers.FromGeirhos(folder), "no CSV file");
        folder.Write("edge/a.csv", Head);
        SetFiles.Refused(() => ClipHumanAnswers.FromGeirhos(folder), "a.csv", "no answers");
        folder.Write("edge/a.csv", "subj,session\nx,1\n");
        SetFiles.Refused(() => ClipHumanAnswers.FromGeirhos(folder), "a.csv", "no column 'object_response'");
        folder.Write("edge/a.csv", Head + "s,1,1,0.8,na,oven,0\n");
        SetFiles.Refused(() => ClipHumanAnswers.FromGeirhos(folder), "Line 2", "a.csv", "expected 8 values");
        folder.Write("edge/a.csv", Head + "s,1,1,0.8,,oven,0,x.png\n");
        SetFiles.Refused(() => ClipHumanAnswers.FromGeirhos(folder), "Line 2", "not empty");
        folder.Write("sketch/a.csv", Head + "s,1,1,0.8,na,oven,0,x.png\n");
        SetFiles.Refused(() => ClipHumanAnswers.FromGeirhos(folder), "2 experiments", "'edge', 'sketch'");
    }

    /// <summary>
    /// Half a million answers. The labels are an estimate, of which 246 are open: the rates are those of an implementation of its own, and others'
    /// figures, about 95.2% and 99.1%, lie between those with the open labels chosen for people and against them.
    /// </summary>
    [Fact]
    public void FromCifar10H_HasTheRatesOfTheData()
    {
        using var folder = SetFiles.Unpack("cifar10h");

        var votes = ClipHumanVotes.FromCifar10H(folder.Combine("cifar10h-counts.npy"), Labels(folder));

        Assert.Equal((10_000, 10, 511_000), (votes.Images, votes.ClassCount, votes.Answers));
        Assert.Equal((0.953665, 0.953574), (Math.Round(votes.Rate.Accuracy, 6), Math.Round(votes.Rate.MeanPerClass, 6)));
        Assert.Equal((0.996199, 9997, 3), (Math.Round(votes.Majority.Accuracy, 6), votes.Majority.Images, votes.Majority.Ties));
        var (best, worst) = (With(open => open.MaxBy(o => o.Count).Label), With(open => open.MinBy(o => o.Count).Label));
        Assert.InRange(0.952, worst.Rate.MeanPerClass, best.Rate.MeanPerClass);
        Assert.InRange(0.991, worst.Majority.MeanPerClass, best.Majority.MeanPerClass);
        Assert.Equal(10, votes.Classes.Count);
        // The same, answer by answer, as far as it does not matter who gave them.
        var answers = ClipHumanResult.Of(votes.ToAnswers());
        Assert.Equal((votes.Answers, votes.Majority), ((long)answers.Answers, answers.Majority));

        ClipHumanVotes With(Func<(int Label, int Count)[], int> choose)
        {
            string[][] rows = [.. File.ReadLines(folder.Combine("labels-estimate.csv")).Skip(1).Select(l => l.Split(','))];
            int[] labels = [.. rows.Select((r, i) => choose([.. (r[3].Length == 0 ? r[1] : r[3]).Split(' ')
                .Select(l => int.Parse(l, CultureInfo.InvariantCulture)).Select(l => (l, votes.Counts.Span[(10 * i) + l]))]))];
            return new(votes.Counts.Span, labels, 10);
        }
    }

    [Fact]
    public void Votes_WorkedByHand()
    {
        var votes = new ClipHumanVotes([3, 1, 0, 2, 2, 0, 1, 0, 3], [0, 0, 2], 3);

        Assert.Equal([new(0, 2, 0.625), new ClipClassVotes(2, 1, 0.75)], votes.Classes);
        Assert.Equal(new ClipHumanRate(2 / 3.0, 0.6875), votes.Rate);
        Assert.Equal(new ClipMajorityRate(1, 1, 2, 1), votes.Majority);
        Assert.Equal([new("1", "2", 2, 0), new("2", "2", 2, 2), new("3", "2", 2, 2), new ClipHumanAnswer("4", "2", 2, 2)], votes.ToAnswers().Where(a => a.Image == "2"));
        Assert.Contains("Image 1", Assert.Throws<ArgumentException>(() => new ClipHumanVotes([1, 0, 0, 0], [0, 1], 2)).Message, StringComparison.Ordinal);
        Assert.Contains("-1", Assert.Throws<ArgumentException>(() => new ClipHumanVotes([1, -1], [0], 2)).Message, StringComparison.Ordinal);
        Assert.Contains("label 2", Assert.Throws<ArgumentException>(() => new ClipHumanVotes([1, 1], [2], 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ClipHumanVotes([1, 1, 1], [0], 2));
    }

    /// <summary>Recht et al. 2018, table 1 and appendix D, in percent with two digits.</summary>
    [Theory]
    [InlineData("v4", "shake_shake_64d_cutout", 0.9297)]
    [InlineData("v6", "shake_shake_64d_cutout", 0.9310)]
    [InlineData("v4", "wrn_28_10", 0.8971)]
    [InlineData("v6", "wrn_28_10", 0.9015)]
    [InlineData("v4", "alexnet_tf", 0.6888)]
    [InlineData("v6", "alexnet_tf", 0.6920)]
    public void FromCifar101_HasThePublishedAccuracies(string version, string model, double accuracy)
    {
        using var folder = SetFiles.Unpack("cifar10.1-predictions");

        var predictions = ClipPublishedPredictions.FromCifar101(folder, version);

        string file = model switch { "shake_shake_64d_cutout" => "shake_shake_26_2x64d_SSI_cutout16", "alexnet_tf" => "alexnet_tf_ben", _ => model };
        var found = Assert.Single(predictions.Models, m => m.Model == file);
        Assert.Equal((30, version == "v4" ? 2021 : 2000), (predictions.Models.Count, predictions.Labels.Count));
        Assert.Equal(accuracy, found.Accuracy, TwoDigits);
        Assert.InRange(accuracy, found.Interval.Lower, found.Interval.Upper);
    }

    /// <summary>On CIFAR-10 itself, by the estimated labels: published with one digit.</summary>
    [Fact]
    public void FromCifar101_Original_TakesItsLabels()
    {
        using var labels = SetFiles.Unpack("cifar10h");
        using var folder = SetFiles.Unpack("cifar10.1-predictions");

        var models = ClipPublishedPredictions.FromCifar101(folder, "original", Labels(labels)).Models.ToDictionary(m => m.Model, m => m.Accuracy);

        // Some tenths: 246 labels are uncertain.
        const double Estimate = 5e-3;
        Assert.Equal(0.936, models["vgg16_keras"], Estimate);
        Assert.Equal(0.925, models["resnet_basic_32"], Estimate);
        Assert.Equal(0.820, models["alexnet_tf_ben"], Estimate);
        Assert.Equal(0.959, models["wrn_28_10"], Estimate);
    }

    [Fact]
    public void FromCifar101_WhatDoesNotFit_IsNamed()
    {
        using var folder = new TemporaryDirectory();
        folder.Write("datasets/cifar10.1_v4_labels.npy", Npy("<i4", "(2,)", [1, 0, 0, 0, 2, 0, 0, 0]));
        folder.Write("model_predictions/v4_predictions/a_predictions.json", "[1, 1]");
        Assert.Equal(0.5, Assert.Single(ClipPublishedPredictions.FromCifar101(folder, "v4").Models).Accuracy);

        folder.Write("model_predictions/v4_predictions/a_predictions.json", "[1]");
        SetFiles.Refused(() => ClipPublishedPredictions.FromCifar101(folder, "v4"), "a_predictions.json", "1 answers", "expected 2");
        folder.Write("model_predictions/v4_predictions/a_predictions.json", "[1, 0.5]");
        SetFiles.Refused(() => ClipPublishedPredictions.FromCifar101(folder, "v4"), "a_predictions.json", "no list of whole numbers");
        File.Delete(folder.Combine("model_predictions/v4_predictions/a_predictions.json"));
        SetFiles.Refused(() => ClipPublishedPredictions.FromCifar101(folder, "v4"), "no file MODEL_predictions.json");
        Assert.Throws<ArgumentException>(() => ClipPublishedPredictions.FromCifar101(folder, "v5"));
        Assert.Throws<ArgumentException>(() => ClipPublishedPredictions.FromCifar101(folder, "original"));
        Assert.Throws<ArgumentException>(() => ClipPublishedPredictions.FromCifar101(folder, "v4", [1, 2]));
    }

    [Theory]
    [InlineData("<f8", "(1,)", 8, "expected whole numbers")]
    [InlineData(">i4", "(1,)", 4, "expected whole numbers")]
    [InlineData("<i4", "()", 4, "expected whole numbers")]
    [InlineData("<i4", "(2,)", 4, "4 bytes of numbers; expected 8")]
    [InlineData("<i4", "(2147483647, 2147483647, 2147483647)", 4, "expected 39,6")]
    [InlineData("<i8", "(1,)", 8, "is 72340172838076673")]
    public void Npy_WhatIsNoArrayOfNumbers_IsNamed(string type, string shape, int bytes, string expected)
    {
        using var folder = new TemporaryDirectory();
        string file = folder.Write("counts.npy", Npy(type, shape, [.. Enumerable.Repeat((byte)1, bytes)]));

        SetFiles.Refused(() => ClipHumanVotes.FromCifar10H(file, [0]), "counts.npy", expected);
    }

    [Fact]
    public void FromCifar10H_WhatDoesNotFit_IsNamed()
    {
        using var folder = new TemporaryDirectory();
        SetFiles.Refused(() => ClipHumanVotes.FromCifar10H(folder.Write("c.npy", "no array of numbers"), [0]), "c.npy", "no array");
        SetFiles.Refused(() => ClipHumanVotes.FromCifar10H(folder.Write("c.npy", Npy("|u1", "(1, 2)", [1, 0])[..20]), [0]), "c.npy", "cut short");
        SetFiles.Refused(() => ClipHumanVotes.FromCifar10H(folder.Write("c.npy", Npy("|u1", "(1, 2)", [1, 0])), [0, 1]), "c.npy", "1 x 2", "expected 2 rows");
        SetFiles.Refused(() => ClipHumanVotes.FromCifar10H(folder.Write("c.npy", Npy("|i1", "(1, 2)", [1, 0xFF])), [0]), "c.npy", "1, -1");
        Assert.Equal(1, ClipHumanVotes.FromCifar10H(folder.Write("c.npy", Npy("|u1", "(1, 2)", [200, 0])), [0]).Rate.Accuracy);
    }

    private static byte[] Npy(string type, string shape, byte[] data)
    {
        string head = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)head.Length, 0, .. Encoding.ASCII.GetBytes(head), .. data];
    }

    private static int[] Labels(TemporaryDirectory folder) => [.. File.ReadLines(folder.Combine("labels-estimate.csv")).Skip(1)
        .Select(l => int.Parse(l.Split(',')[1], CultureInfo.InvariantCulture))];
}
