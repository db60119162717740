using System.Globalization;
using System.Net;
using System.Text;
using Samples;

namespace Everyday;

/// <summary>One page of HTML, with everything in it: the photographs, small, and their words.</summary>
internal static class Page
{
    private const int Size = 360, MostLinks = 20;

    private const string Head = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Photographs and their words</title>
        <style>
        :root { --page: #f4f4f2; --card: #fff; --text: #1d1d1b; --faint: #686863; --line: #deded9; --bar: #2f8f6b;
          --bar-back: #e9e9e4; --doubt: #9a6700; --bad: #b3261e }
        @media (prefers-color-scheme: dark) {
          :root { --page: #161716; --card: #222322; --text: #ecece8; --faint: #a3a39c; --line: #353633; --bar: #5cc49b;
            --bar-back: #343632; --doubt: #e0b04c; --bad: #ff8a80 }
        }
        * { box-sizing: border-box }
        body { margin: 0 auto; padding: 24px clamp(12px, 3vw, 40px) 48px; max-width: 1500px; background: var(--page); color: var(--text);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif }
        h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em }
        h2 { font-size: 19px; margin: 32px 0 8px }
        p { margin: 0 0 16px; color: var(--faint); max-width: 70ch }
        nav { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 22px }
        nav a { color: var(--text); text-decoration: none; background: var(--card); border: 1px solid var(--line);
          border-radius: 999px; padding: 3px 11px; font-size: 14px }
        nav a:hover, nav a:focus-visible { border-color: var(--bar) }
        nav b { color: var(--faint); font-weight: 500 }
        main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 16px }
        figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
          overflow: hidden; display: flex; flex-direction: column;
          scroll-margin-top: 12px }
        figure:target { outline: 3px solid var(--bar) }
        img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: var(--bar-back) }
        figcaption { padding: 10px 14px 14px }
        .first { font-size: 19px; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere }
        .sure { color: var(--faint); font-size: 13px; margin-bottom: 8px }
        .doubt .first, .doubt .sure { color: var(--doubt) }
        ol { list-style: none; margin: 0; padding: 0; font-size: 14px }
        li { display: grid; grid-template-columns: minmax(0, 1fr) 26% 3em; gap: 8px; align-items: center; padding: 1px 0 }
        li span { overflow-wrap: anywhere }
        li i { height: 6px; border-radius: 3px; background: linear-gradient(var(--bar), var(--bar)) 0 / var(--part) 100% no-repeat, var(--bar-back) }
        li em { font-style: normal; text-align: right; color: var(--faint); font-variant-numeric: tabular-nums }
        .doubt li i { background-image: linear-gradient(var(--doubt), var(--doubt)) }
        .name { margin-top: 9px; font-size: 12px; color: var(--faint); overflow-wrap: anywhere }
        ul { margin: 0; padding-left: 20px } ul li { display: list-item; padding: 2px 0 } ul b { color: var(--bad) }
        @media (max-width: 560px) { main { grid-template-columns: 1fr 1fr; gap: 8px } figcaption { padding: 8px 9px 10px } .first { font-size: 16px }
          ol { font-size: 13px } li { grid-template-columns: minmax(0, 1fr) 2.6em } li i { display: none } }
        @media (max-width: 340px) { main { grid-template-columns: 1fr } }
        @media print { figure { break-inside: avoid } nav { display: none } }
        </style>

        """;

    /// <summary>The page. Pictures are made small and turned upright; names and words are encoded.</summary>
    /// <param name="findings">The photographs with their words, in the order in which they are shown.</param>
    /// <param name="words">How many words they were compared with.</param>
    public static string Of(IReadOnlyList<Finding> findings, int words)
    {
        Finding[] read = [.. findings.Where(f => f.Words.Count > 0)], failed = [.. findings.Where(f => f.Words.Count == 0)];
        var html = new StringBuilder(Head);
        int none = read.Count(f => f.IsNone);
        html.Append(CultureInfo.InvariantCulture, $"<h1>{Count(read.Length, "photograph")} and their words</h1>\n");
        html.Append(CultureInfo.InvariantCulture, $"<p>Each was compared with {Count(words, "word")}. ");
        html.Append(read.Any(f => f.Certainty is not null)
            ? "How sure it is tells how often the first word was right on photographs of which that is known. The bars compare the words with each other. "
            : "The bars compare the words with each other: one of them is long even where none fits. ");
        html.Append(none > 0 ? $"On {none} it is not sure, and perhaps none of the words fits. " : "");
        html.Append(failed.Length > 0 ? $"{Count(failed.Length, "file")} could not be read: see <a href=\"#failed\">the end</a>." : "");
        html.Append("</p>\n");
        AppendIndex(html, read);
        html.Append("<main>\n");
        for (int i = 0; i < read.Length; i++)
        {
            AppendCard(html, read[i], i);
        }
        html.Append("</main>\n");
        if (failed.Length > 0)
        {
            html.Append("<h2 id=\"failed\">Not read</h2>\n<ul>\n");
            foreach (var finding in failed)
            {
                html.Append(CultureInfo.InvariantCulture, $"<li><b><bdi>{Encode(finding.Photograph.Name)}</bdi></b> {Encode(finding.Photograph.Error)}\n");
            }
            html.Append("</ul>\n");
        }
        return html.Append("</html>\n").ToString();
    }

    // The first words of more than one photograph, the frequent ones first; each leads to the first photograph that has it.
    private static void AppendIndex(StringBuilder html, Finding[] read)
    {
        var groups = read.Select((f, i) => (Finding: f, Number: i)).Where(x => !x.Finding.IsNone)
            .GroupBy(x => x.Finding.Words[0].Word).Where(g => g.Count() > 1)
            .OrderByDescending(g => g.Count()).ThenBy(g => g.First().Number).Take(MostLinks).ToList();
        if (groups.Count == 0)
        {
            return;
        }
        html.Append("<nav aria-label=\"Words\">\n");
        foreach (var group in groups)
        {
            html.Append(CultureInfo.InvariantCulture, $"<a href=\"#p{group.First().Number}\"><bdi>{Encode(WordTable.Shown(group.Key))}</bdi> <b>{group.Count()}</b></a>\n");
        }
        html.Append("</nav>\n");
    }

    private static void AppendCard(StringBuilder html, Finding finding, int number)
    {
        string name = Encode(finding.Photograph.Name), first = Encode(WordTable.Shown(finding.Words[0].Word));
        bool isDoubtful = finding.Certainty < 0.5;
        html.Append(CultureInfo.InvariantCulture, $"<figure id=\"p{number}\"{(isDoubtful ? " class=\"doubt\"" : "")}>");
        html.Append(Thumbnail.Make(finding.Photograph.Path, Size) is { } picture
            ? $"<img loading=\"lazy\" alt=\"{name}\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(picture)}\">" : "");
        html.Append(CultureInfo.InvariantCulture, $"<figcaption><div class=\"first\">{(finding.IsNone ? "Not sure" : $"<bdi>{first}</bdi>")}</div>");
        if (finding.Certainty is { } chance)
        {
            string sure = finding.IsNone ? "one of these, or none of the words" : isDoubtful ? $"a guess, {Percent(chance)} sure" : $"{Percent(chance)} sure";
            html.Append(CultureInfo.InvariantCulture, $"<div class=\"sure\">{sure}</div>");
        }
        html.Append("<ol>");
        foreach (var (word, share) in finding.Words)
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<li><span><bdi>{Encode(WordTable.Shown(word))}</bdi></span><i style=\"--part:{100 * share:F1}%\"></i><em>{Percent(share)}</em>");
        }
        html.Append(CultureInfo.InvariantCulture, $"</ol><div class=\"name\"><bdi>{name}</bdi></div></figcaption></figure>\n");
    }

    private static string Percent(double share) => share < 0.01 ? "&lt;1%" : string.Create(CultureInfo.InvariantCulture, $"{100 * share:F0}%");

    private static string Count(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
