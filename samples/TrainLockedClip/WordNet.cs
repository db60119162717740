using System.Globalization;
using System.Text.RegularExpressions;
using Samples;

namespace TrainLockedClip;

/// <summary>The nouns of WordNet 3.0 (Miller 1995): what ImageNet's classes are called, what they are a kind of, and what they are.</summary>
internal sealed partial class WordNet
{
    /// <summary>Where Debian's wordnet-base puts it.</summary>
    public const string DefaultFolder = "/usr/share/wordnet";

    private const int NumbersOfPointer = 4;

    private const string Physical = "n00001930";

    // The lexicographers' files of animals, artifacts, bodies, food, places, objects, people and plants.
    private static readonly HashSet<string> Things = ["05", "06", "08", "13", "15", "17", "18", "20"];

    private readonly Dictionary<string, Noun> _nouns;
    private readonly string _folder;

    private WordNet(string folder, Dictionary<string, Noun> nouns) => (_folder, _nouns) = (folder, nouns);

    /// <summary>Reads it. Ends the program with a message where it is not there.</summary>
    public static WordNet Open(string folder)
    {
        string file = Path.Combine(folder, "data.noun");
        if (!File.Exists(file))
        {
            CommandLine.Fail($"""
                There is no '{file}'. Names and what they mean come from WordNet 3.0:
                    apt-get install wordnet-base        (or unpack WNdb-3.0.tar.gz of wordnet.princeton.edu and name its folder dict by --wordnet)
                Only training needs it: the model does not.
                """);
        }
        return new(folder, Lines(file).Select(Noun.Parse).ToDictionary(n => n.Id));
    }

    /// <summary>The noun with a number, in ImageNet's way of writing: n02123045.</summary>
    public Noun this[string id] => _nouns.TryGetValue(id, out var noun) ? noun
        : throw new InvalidDataException($"WordNet has no noun {id}: ImageNet's numbers are those of version 3.0.");

    /// <summary>What a noun is a kind of, nearest first, and how many steps away.</summary>
    public IEnumerable<(Noun Noun, int Steps)> Kinds(Noun noun)
    {
        HashSet<string> seen = [noun.Id];
        List<Noun> level = [noun];
        for (int steps = 1; level.Count > 0; steps++)
        {
            level = [.. level.SelectMany(n => n.Kinds).Where(seen.Add).Select(id => this[id])];
            foreach (var kind in level)
            {
                yield return (kind, steps);
            }
        }
    }

    /// <summary>Words whose first meaning can be photographed, and how often they are in the texts that WordNet's makers have marked.</summary>
    public IEnumerable<(string Word, Noun Noun, int Count)> Visible()
    {
        // lemma, part of speech, how many meanings, how many signs, the signs, how many meanings, how many of them are in texts, the meanings
        var first = Lines(Path.Combine(_folder, "index.noun")).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(f => f[0], f => "n" + f[6 + int.Parse(f[3], CultureInfo.InvariantCulture)]);
        // key, meaning, how often; a noun's key goes on with %1
        var counts = File.ReadLines(Path.Combine(_folder, "cntlist.rev")).Select(l => l.Split(' ')).Where(f => f[1] == "1" && f[0].Contains("%1:", StringComparison.Ordinal))
            .ToDictionary(f => f[0].Split('%')[0], f => int.Parse(f[2], CultureInfo.InvariantCulture));
        return from noun in _nouns.Values
               let lemma = noun.Words[0].Replace(' ', '_')
               where Things.Contains(noun.File) && Word().IsMatch(lemma) && first.GetValueOrDefault(lemma) == noun.Id
                   && Kinds(noun).Any(k => k.Noun.Id == Physical)
               select (noun.Words[0], noun, counts.GetValueOrDefault(lemma));
    }

    // The licence, on top, is indented.
    private static IEnumerable<string> Lines(string file) => File.ReadLines(file).Where(l => l.Length > 0 && l[0] != ' ');

    // No names of persons and places.
    [GeneratedRegex("^[a-z][a-z_'-]+$")]
    private static partial Regex Word();

    /// <summary>A meaning, with all words that have it.</summary>
    /// <param name="Id">Its number.</param>
    /// <param name="File">The number of the lexicographers' file that it comes from: what kind of noun it is.</param>
    /// <param name="Words">The words, the most usual first.</param>
    /// <param name="Kinds">The numbers of what it is a kind of.</param>
    /// <param name="Gloss">What it is, in a few words.</param>
    public sealed partial record Noun(string Id, string File, string[] Words, string[] Kinds, string Gloss)
    {
        /// <summary>
        /// Reads a line: offset, file, type, number of words (hexadecimal), each word and its number, number of pointers, each pointer's sign, target, part of
        /// speech and words; then a bar and the gloss, and examples behind semicolons.
        /// </summary>
        public static Noun Parse(string line)
        {
            string[] halves = line.Split(" | ", 2);
            string[] fields = halves[0].Split(' ');
            int words = int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture), pointers = 4 + 2 * words;
            return new("n" + fields[0], fields[1],
                [.. Enumerable.Range(0, words).Select(i => Marker().Replace(fields[4 + 2 * i], "").Replace('_', ' '))],
                [.. Enumerable.Range(0, int.Parse(fields[pointers], CultureInfo.InvariantCulture)).Select(i => pointers + 1 + NumbersOfPointer * i)
                    .Where(p => fields[p] is "@" or "@i" && fields[p + 2] == "n").Select(p => "n" + fields[p + 1])],
                halves[1].Split(';')[0].Trim().Trim('"'));
        }

        // "galore(ip)": how an adjective stands.
        [GeneratedRegex(@"\(.*\)")]
        private static partial Regex Marker();
    }
}
