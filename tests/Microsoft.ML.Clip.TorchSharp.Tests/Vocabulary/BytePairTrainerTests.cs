using CsCheck;

namespace Microsoft.ML.Clip.Tests;

public sealed class BytePairTrainerTests
{
    // Few symbols and short words, so that pairs repeat, overlap ("aaa") and meet in several ways ("ab" + "c", "a" + "bc").
    private static readonly string[] Alphabet = ["a", "b", "c", "a</w>", "b</w>", "c</w>"];

    private static readonly Gen<Dictionary<string, long>> Words =
        Gen.Select(Gen.Int[0, 2].Array[0, 7], Gen.Int[3, 5], Gen.Long[1, 4], (body, last, count) =>
            (Word: string.Concat(body.Append(last).Select(i => (char)i)), count))
            .Array[1, 12].Select(words => words.GroupBy(w => w.Word).ToDictionary(g => g.Key, g => g.Sum(w => w.count)));

    [Fact]
    public void Learn_AnyWords_AgreesWithTheNaiveReference() =>
        Gen.Select(Words, Gen.Int[6, 30], Gen.Int[1, 4]).Sample((words, maximum, minimum) =>
            Assert.Equal(NaiveBytePairTrainer.Learn(words, Alphabet, maximum, minimum), new BytePairTrainer(words, Alphabet).Learn(maximum, minimum)),
            iter: 2000, threads: 1);

    [Fact]
    public void Learn_OneSymbolRepeated_MergesFromTheLeft()
    {
        // a a a a a</w>: the pair "a a" stands three times in it and is joined twice, the leftmost first.
        var words = new Dictionary<string, long> { ["\0\0\0\0\u0003"] = 2 };

        Assert.Equal([("a", "a"), ("aa", "a</w>"), ("aa", "aaa</w>")], new BytePairTrainer(words, Alphabet).Learn(100, 2));
    }

    [Fact]
    public void Learn_WordsOfOneSymbol_LearnsNothing() =>
        Assert.Empty(new BytePairTrainer(new Dictionary<string, long> { ["\u0003"] = 1000 }, Alphabet).Learn(100, 1));
}
