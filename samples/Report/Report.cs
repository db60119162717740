// A page with a table of pictures and a plot of where they lie, by a program of one file.
//
//   dotnet run --file samples/Report/Report.cs                                        the photographs of samples/images into report.html
//   dotnet run --file samples/Report/Report.cs -- PICTURES PAGE.html MODEL "cat,dog"
//
// Without this line the SDK rules out code that is made at run time, which ML.NET needs. The packages come from samples/Directory.Build.targets.
#:property PublishAot=false

using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Samples;

string folder = args.ElementAtOrDefault(0) ?? Path.Combine(Repository.Root, "samples", "images");
string page = args.ElementAtOrDefault(1) ?? "report.html";
string modelDirectory = args.ElementAtOrDefault(2) ?? Repository.DefaultModel;
string[] labels = (args.ElementAtOrDefault(3) ?? "tabby cat,espresso,dog,koala,red panda,bison").Split(',');

// docs/recipes/report.md
var ml = new MLContext(seed: 1);
using var clip = ClipModel.Load(modelDirectory);
string[] files = [.. Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".jpg" or ".png").Order(StringComparer.Ordinal)];
var pictures = ml.Data.LoadFromEnumerable(files.Select(path => new { Path = path }));

// Two axes for the plot: the principal components of the embeddings.
var pipeline = ml.Transforms.ClipImageEmbedding("Features", "Path", clip)
    .Append(ml.Transforms.ClipZeroShotClassification("Features", clip, labels))
    .Append(ml.Transforms.Conversion.MapKeyToValue("Label", "PredictedLabel"))
    .AppendCacheCheckpoint(ml)
    .Append(ml.Transforms.ProjectToPrincipalComponents("Place", "Features", rank: 2));
var rows = ml.Data.CreateEnumerable<Row>(pipeline.Fit(pictures).Transform(pictures), reuseRowObject: false).ToArray();

var html = new StringBuilder("""
    <!doctype html><meta charset="utf-8"><title>Pictures</title>
    <style>body { font: 15px sans-serif; margin: 2em } td, th { padding: 4px 12px; text-align: left }
    img { height: 64px } .bar { background: #4a7; height: 12px }</style>
    <h1>Pictures</h1><table><tr><th>picture<th>file<th>label<th>score<th></tr>

    """);
foreach (var row in rows)
{
    float score = row.Score.Max();
    string name = Path.GetFileName(row.Path), type = Path.GetExtension(name) == ".png" ? "png" : "jpeg";
    html.AppendLine(CultureInfo.InvariantCulture, $"""
        <tr><td><img src="data:image/{type};base64,{Convert.ToBase64String(File.ReadAllBytes(row.Path))}"><td>{WebUtility.HtmlEncode(name)}
        <td>{WebUtility.HtmlEncode(row.Label)}<td>{score:P0}<td><div class="bar" style="width: {200 * score:F0}px"></div></tr>
        """);
}

// The plot: each picture where its embedding lies, scaled to 600 by 400.
float[] x = Scale(rows.Select(row => row.Place[0]), 60, 540), y = Scale(rows.Select(row => row.Place[1]), 340, 40);
html.AppendLine("</table><h2>What lies near what</h2><svg width=\"600\" height=\"400\" style=\"border: 1px solid #ccc\">");
for (int i = 0; i < rows.Length; i++)
{
    html.AppendLine(CultureInfo.InvariantCulture, $"""
        <circle cx="{x[i]:F1}" cy="{y[i]:F1}" r="6" fill="#4a7"/><text x="{x[i]:F1}" y="{y[i] + 22:F1}" text-anchor="middle" font-size="13">{WebUtility.HtmlEncode(Path.GetFileName(rows[i].Path))}</text>
        """);
}
html.AppendLine("</svg>");
File.WriteAllText(page, html.ToString());
Console.WriteLine($"Wrote {page}: {rows.Length} pictures");

static float[] Scale(IEnumerable<float> values, float from, float to)
{
    float[] all = [.. values];
    float low = all.Min(), range = Math.Max(all.Max() - low, 1e-6f);
    return [.. all.Select(v => from + (v - low) / range * (to - from))];
}

internal sealed class Row
{
    public string Path { get; set; } = "";
    public string Label { get; set; } = "";
    public float[] Score { get; set; } = [];
    public float[] Place { get; set; } = [];
}
// end
