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

    private readonly Dictionary<string, Noun> _nouns;

    private WordNet(Dictionary<string, Noun> nouns) => _nouns = nouns;

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
        return Read(File.ReadLines(file));
    }

    /// <summary>Reads the lines of a data.noun.</summary>
    public static WordNet Read(IEnumerable<string> lines) =>
        // The licence, on top, is indented.
        new(lines.Where(l => l.Length > 0 && l[0] != ' ').Select(Noun.Parse).ToDictionary(n => n.Id));

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

    /// <summary>A meaning, with all words that have it.</summary>
    /// <param name="Id">Its number.</param>
    /// <param name="Words">The words, the most usual first.</param>
    /// <param name="Kinds">The numbers of what it is a kind of.</param>
    /// <param name="Gloss">What it is, in a few words.</param>
    public sealed partial record Noun(string Id, string[] Words, string[] Kinds, string Gloss)
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
            return new("n" + fields[0],
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
