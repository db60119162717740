using System.CommandLine;
using System.Globalization;

namespace Mlclip;

/// <summary><c>mlclip search</c>: the pictures nearest to words, or to a picture.</summary>
internal static class SearchCommand
{
    public static Command Create()
    {
        var query = new Argument<string>("QUERY") { Description = "Words to search by, or a picture: a file that is there is taken for one." };
        var paths = PictureFiles.Argument();
        paths.Arity = ArgumentArity.ZeroOrMore;
        var index = new Option<string?>("--index") { HelpName = "DIR", Description = "Instead of PATH: what 'mlclip embed merge' has written with the same model. Nothing is embedded again." };
        var top = new Option<int>("--top") { HelpName = "N", Description = "How many are shown.", DefaultValueFactory = _ => 10 };
        var model = new ModelChoice();
        return ToolCommand.Of("search",
            "Find pictures by words or by a picture. Pictures of a folder are embedded anew at each search; for large collections do that once, with 'mlclip embed', "
            + "and search its result with --index. Lines: rank, cosine, path.",
            ["""mlclip search "a cat asleep on a chair" photos""", "mlclip search holiday.jpg photos --top 5 --json", """mlclip search "a red car" --index embeddings"""],
            [query, paths, index, top, model.Model, model.Variant], (parse, output, stop) =>
            {
                string asked = parse.GetRequiredValue(query);
                string[] named = parse.GetValue(paths) ?? [];
                string? merged = parse.GetValue(index);
                int most = Checked.Positive(parse.GetValue(top), "--top");
                if (merged is null == (named.Length == 0))
                {
                    throw new ToolException("Where are the pictures? Give either folders and files, or --index DIR with embeddings of them.");
                }
                string[] files = merged is null ? PictureFiles.Of(named) : [];
                using var clip = merged is null ? model.Open(parse, output, stop) : model.OpenFor(DimensionOf(merged), parse, output, stop);
                float[] wanted = File.Exists(asked) ? clip.EncodeImage(asked) : clip.EncodeText(asked);
                var found = new List<string>();
                // Merges hold half precision, most of them, and may be large.
                var embeddings = new ClipSearchIndex(clip.EmbeddingDimension, merged is null ? ClipSearchStorage.Single : ClipSearchStorage.Half);
                foreach (var (path, embedding) in merged is null ? Embedded(clip, files, output, stop) : Merged(clip, merged, stop))
                {
                    embeddings.Add(embedding.Span);
                    found.Add(path);
                }
                Print(output, embeddings.Search(wanted, Math.Min(most, embeddings.Count)), found);
                return ExitCode.Done;
            });
    }

    private static IEnumerable<(string Path, ReadOnlyMemory<float> Embedding)> Embedded(
        ClipModel clip, string[] files, ToolOutput output, CancellationToken stop)
    {
        foreach (var picture in PictureEmbedder.Embed(clip, files, output, stop))
        {
            if (picture.Error.Length == 0)
            {
                yield return (picture.Path, picture.Embedding);
            }
            else
            {
                output.Say($"mlclip: {picture.Path}: {picture.Error}");
            }
        }
    }

    // Before a model is downloaded for them.
    private static int DimensionOf(string merged) =>
        ClipMergedEmbeddings.Read(merged).FirstOrDefault(r => r.Error is null)?.Embedding.Length ?? throw Empty(merged);

    private static ToolException Empty(string directory) => new($"'{directory}' holds no embedding of a picture that could be read.");

    private static IEnumerable<(string Path, ReadOnlyMemory<float> Embedding)> Merged(ClipModel clip, string directory, CancellationToken stop)
    {
        foreach (var row in ClipMergedEmbeddings.Read(directory).Where(r => r.Error is null))
        {
            stop.ThrowIfCancellationRequested();
            yield return row.Embedding.Length == clip.EmbeddingDimension ? (row.Path, row.Embedding)
                : throw new ToolException($"'{directory}' holds embeddings of {row.Embedding.Length} values, and the model has {clip.EmbeddingDimension}: --model names the one that made them.");
        }
    }

    private static void Print(ToolOutput output, IEnumerable<ClipMatch> matches, List<string> paths)
    {
        using var table = output.Table(ToolJson.Lines.FoundResult, ("rank", f => f.Rank.ToString(CultureInfo.InvariantCulture)),
            ("cosine", f => f.Cosine.ToString("F3", CultureInfo.InvariantCulture)), ("picture", f => f.Path));
        int rank = 0;
        foreach (var match in matches)
        {
            table.Add(new(++rank, paths[match.Index], match.Cosine));
        }
    }
}
