// 3. Search: photographs by words and by a photograph, and copies of the same one.
//
//   dotnet run notebooks/03-search.cs                      writes artifacts/notebooks/03-search/report.html
//
// Searched are the six photographs of the repository, and 116 more where ../shared/data is beside the clone.
#:project ../src/Microsoft.ML.Clip.Evaluation
#:package Microsoft.ML.OnnxRuntime
#:package SkiaSharp
#:property PublishAot=false

using Microsoft.ML.Clip;
using Notebooks;
using Samples;

using var clip = ClipModel.Load(Repository.DefaultModel);

// ## An index
// Embedded once, kept in memory. A million would fit, and be searched exactly within tens of milliseconds.
string[] photographs = Pictures.Photographs;
float[][] embeddings = clip.EncodeImages([.. photographs.Select(ClipImageSource.FromFile)]);
var index = new ClipSearchIndex(clip.EmbeddingDimension);
index.Add([.. embeddings.SelectMany(e => e)]);
Console.WriteLine($"{index.Count} photographs, {index.Dimension} values each");

// ## By words
string[] questions = ["a photo of a koala.", "a cup of espresso", "a photo of a bison."];
string[] answers = ["koala.jpg", "coffee.png", "bison.jpg"];
var byWords = questions.Select(q => index.Search(clip.EncodeText(q), 4)).ToArray();
foreach (var (question, matches) in questions.Zip(byWords))
{
    Console.WriteLine($"  \"{question}\": {string.Join(", ", matches.Select(m => $"{Path.GetFileName(photographs[m.Index])} {m.Cosine:F2}"))}");
}
Notebook.Expect(byWords.Zip(answers, (m, a) => Path.GetFileName(photographs[m[0].Index]) == a).All(isFirst => isFirst), "the photograph that is asked for in the first place");

// ## By a photograph
int dog = Array.FindIndex(photographs, p => Path.GetFileName(p) == "dog.jpg");
var likeTheDog = index.Search(embeddings[dog], 5);
Notebook.Expect(likeTheDog[0].Index == dog && likeTheDog[0].Cosine > 0.9999f, "a photograph that is nearest to itself");

// ## Copies
// Of each of the six five copies, changed as copies are: how near do they stay, and how near do different photographs come?
(string Name, Func<string, byte[]> Make)[] changes =
[
    ("smaller", path => Pictures.View(path, size: 120)),
    ("JPEG of quality 10", path => Pictures.View(path, size: 400, quality: 10)),
    ("mirrored", path => Pictures.View(path, isMirrored: true, size: 400)),
    ("darker", path => Pictures.View(path, light: 0.6f, size: 400)),
    ("cropped to 80%", path => Pictures.View(path, share: 0.8f, x: 0.5f, y: 0.5f, size: 400)),
];
var copies = changes.SelectMany(c => Pictures.Six.Select((p, original) => (Change: c.Name, Original: original, Encoded: c.Make(p.Path)))).ToArray();
float[] copied = [.. clip.EncodeImages([.. copies.Select(c => ClipImageSource.FromEncoded(c.Encoded))]).SelectMany(e => e)];
// For each copy the nearest of all photographs; the originals come in blocks, so that they need not fit into memory.
var nearest = ClipDuplicateSearch.Find(copied, [embeddings.SelectMany(e => e).ToArray()], clip.EmbeddingDimension);
var byChange = changes.Select(change => (change.Name, Found: nearest.Where(d => copies[d.TestRow].Change == change.Name).ToArray())).ToArray();
foreach (var (name, found) in byChange)
{
    Console.WriteLine($"  {name,-20} {found.Count(IsItsOriginal)} of {found.Length} are nearest to their original, cosine {found.Min(d => d.Cosine):F3} to {found.Max(d => d.Cosine):F3}");
}
// The nearest pair of different photographs: a threshold for copies has to lie above it.
var (first, second, strangers) = Pairs().MaxBy(p => p.Cosine);
Console.WriteLine($"  The nearest different photographs, {Path.GetFileName(photographs[first])} and {Path.GetFileName(photographs[second])}: {strangers:F3}");
Notebook.Expect(nearest.Count(IsItsOriginal) >= copies.Length * 0.9, "nine of ten copies nearest to their original");

// ## The page
Notebook.Write(new ClipReport("Search: by words, by a photograph, and for copies")
{
    Sections =
    [
        new("By words")
        {
            Blocks = [new ClipReportParagraph($"{index.Count} photographs. A sentence and a photograph lie in one space, so that a sentence is a question."),
                .. questions.Select((q, i) => byWords[i].ToTable(photographs, $"\"{q}\"", q))],
        },
        new("By a photograph") { Blocks = [likeTheDog.ToTable(photographs, "More like dog.jpg, which is nearest to itself", "like")] },
        new("Copies")
        {
            Blocks =
            [
                new ClipReportParagraph($"{copies.Length} changed copies of six photographs, each looked for among all {photographs.Length}."),
                new ClipReportTable("copies", "Copies, and the photograph that is nearest to each")
                {
                    Columns = [new("Copy"), new("Change"), new("Nearest"), new("File"), new("Cosine", ClipReportFormat.Number, 3)],
                    Rows = [.. nearest.Where(d => copies[d.TestRow].Original % 3 == 0).OrderBy(d => d.TestRow).Select(d => (IReadOnlyList<ClipReportCell>)
                        [ClipReportCell.Picture($"{copies[d.TestRow].Change} {Pictures.Six[copies[d.TestRow].Original].Label}", Small(copies[d.TestRow].Encoded)), copies[d.TestRow].Change,
                            ClipReportCell.Thumbnail(photographs[d.TrainingRow]), Path.GetFileName(photographs[d.TrainingRow]), d.Cosine])],
                },
                new ClipReportPlot("cosines", ClipPlots.Bars("", new("Lowest cosine of a copy to its original") { Minimum = 0.8, Maximum = 1.05 },
                    [.. changes.Select(change => new ClipPlotBar(change.Name, LowestToOriginal(change.Name)))],
                    new() { IsSorted = false, Decimals = 3, Marks = [new("nearest strangers", strangers)] }), "A threshold for copies lies between the bars and the line, where there is room. Where a bar ends before the line, none is without mistakes."),
                new ClipReportNote("What is near in this space looks alike to the model. Two photographs of one thing can be nearer than a photograph and its crop: look at what a threshold finds."),
                new ClipReportTable("strangers", "The nearest pair of different photographs")
                {
                    Columns = [new("Photograph"), new("File"), new("Other photograph"), new("Other file"), new("Cosine", ClipReportFormat.Number, 3)],
                    Rows =
                    [
                        [ClipReportCell.Thumbnail(photographs[first]), Path.GetFileName(photographs[first]),
                            ClipReportCell.Thumbnail(photographs[second]), Path.GetFileName(photographs[second]), strangers],
                    ],
                },
            ],
        },
    ],
}, args);

bool IsItsOriginal(ClipDuplicate d) => d.TrainingRow == copies[d.TestRow].Original;

float LowestToOriginal(string change) => copies.Select((copy, row) => (copy, row)).Where(x => x.copy.Change == change)
    .Min(x => ClipSimilarity.Cosine(copied.AsSpan(x.row * clip.EmbeddingDimension, clip.EmbeddingDimension), embeddings[x.copy.Original]));

IEnumerable<(int First, int Second, float Cosine)> Pairs() =>
    from i in Enumerable.Range(0, embeddings.Length)
    from j in Enumerable.Range(i + 1, embeddings.Length - i - 1)
    select (i, j, ClipSimilarity.Cosine(embeddings[i], embeddings[j]));

static ReadOnlyMemory<byte> Small(byte[] encoded) => new ClipPlotImage("copy", encoded, "", []).Shrink(96).Encoded;
