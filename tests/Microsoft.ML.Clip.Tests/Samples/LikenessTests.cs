using TrainLockedClip;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What samples/TrainLockedClip makes of WordNet: which words can be seen, and how like meanings are.</summary>
public sealed class LikenessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // entity > physical > animal > (cat, dog > (spaniel, pug)), and > tool. I(kind) = ln(classes / classes of that kind).
    [Fact]
    public void To_ByHand_IsLins()
    {
        var likeness = new Likeness(Open(), [Spaniel, Pug, Cat, Tool]);

        double[] puppy = likeness.To(Dog), otter = likeness.To(Otter);

        // A dog's own I is ln(4/2), as two of four classes are dogs; it shares that with both, ln(4/3) with the cat, and nothing with a tool.
        double dog = Math.Log(2), animal = Math.Log(4 / 3.0), leaf = Math.Log(4);
        Assert.Equal([2 * dog / (dog + leaf), 2 * dog / (dog + leaf), 2 * animal / (dog + leaf), 0], puppy, (a, b) => Math.Abs(a - b) < 1e-12);
        // No class is an otter, which then says as much as a class by itself.
        Assert.Equal([animal / leaf, animal / leaf, animal / leaf, 0], otter, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(1, likeness.To(Spaniel)[0], 12);
    }

    [Fact]
    public void Visible_IsWhoseFirstMeaningCanBePhotographed()
    {
        var words = Open().Visible().ToDictionary(w => w.Word, w => w.Count);

        // Not "pug", which means something else first, nor "Fido", a name, nor "idea", which cannot be seen.
        Assert.Equal(["animal", "cat", "dog", "otter", "spaniel", "tool"], words.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((42, 0), (words["dog"], words["otter"]));
    }

    private const string Physical = "n00001930", Animal = "n00000002", Dog = "n00000003", Cat = "n00000004", Spaniel = "n00000005", Pug = "n00000006",
        Tool = "n00000007", Otter = "n00000008", Idea = "n00000009", Fido = "n00000010", Entity = "n00000001";

    private WordNet Open()
    {
        string folder = Directory.CreateDirectory(_directory.Combine("wordnet")).FullName;
        (string Id, string File, string Word, string? Kind)[] nouns =
        [
            (Entity, "03", "entity", null), (Physical, "03", "physical_entity", Entity), (Animal, "05", "animal", Physical), (Dog, "05", "dog", Animal),
            (Cat, "05", "cat", Animal), (Spaniel, "05", "spaniel", Dog), (Pug, "05", "pug", Dog), (Tool, "06", "tool", Physical),
            (Otter, "05", "otter", Animal), (Idea, "09", "idea", Entity), (Fido, "05", "Fido", Dog),
        ];
        File.WriteAllLines(Path.Combine(folder, "data.noun"), ["  1 a licence", .. nouns.Select(n =>
            $"{n.Id[1..]} {n.File} n 01 {n.Word} 0 {(n.Kind is null ? "000" : $"001 @ {n.Kind[1..]} n 0000")} | what it is")]);
        // One meaning each, but for the pug.
        File.WriteAllLines(Path.Combine(folder, "index.noun"), ["  1 a licence", .. nouns.Select(n =>
            n.Id == Pug ? $"pug n 2 1 @ 2 0 {Idea[1..]} {Pug[1..]}" : $"{n.Word.ToLowerInvariant()} n 1 1 @ 1 0 {n.Id[1..]}")]);
        File.WriteAllLines(Path.Combine(folder, "cntlist.rev"), ["dog%1:05:00:: 1 42", "dog%2:38:00:: 1 2", "dog%1:18:01:: 2 1"]);
        return WordNet.Open(folder);
    }
}
