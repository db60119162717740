namespace Microsoft.ML.Clip;

/// <summary>How the page looks.</summary>
internal static class HtmlStyles
{
    // Colours of plots are the page's: PlotTheme has their names. A theme that the root names goes before that of the reader's system; paper is always light.
    public const string Page = $$"""
        :root{ {{Light}} }
        @media (prefers-color-scheme:dark){:root:not([data-theme=light]){ {{Dark}} } }
        :root[data-theme=dark]{ {{Dark}} }
        @media print{:root,:root:not([data-theme=light]),:root[data-theme=dark]{ {{PlotTheme.LightVariables}}
        --page:#fff;--text:#000;--muted:#444;--line:#999;--stripe:#fff;--link:#000;--note:#fff;--note-line:#000;color-scheme:light}
        nav{display:none}figure,tr,.note,.clip-card{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group} }
        body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
        main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
        h1{font-size:1.9rem;line-height:1.2}
        {{Content}}
        @media print{.table,.plot{overflow:visible}.plot>svg{width:100%} }

        """;

    // A piece of a page that is not ours: a cell of a notebook. It has paper of its own, so that it can be read whatever lies behind it. Notebooks tell of a
    // dark theme by what Jupyter and Visual Studio Code write on the body. Browsers know nested rules since 2023.
    public const string Piece = $$"""
        .clip-piece{ {{Light}} background:var(--page);color:var(--text);padding:.2rem .8rem;
        font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
        @media (prefers-color-scheme:dark){.clip-piece{ {{Dark}} } }
        body[data-jp-theme-light=true] .clip-piece,.vscode-light .clip-piece,[data-theme=light] .clip-piece{ {{Light}} }
        body[data-jp-theme-light=false] .clip-piece,.vscode-dark .clip-piece,[data-theme=dark] .clip-piece{ {{Dark}} }
        .clip-piece{
        {{Content}}}

        """;

    // Plots have the width that they were drawn for, or more: made narrow, as on a telephone, their text could not be read. What is wider than the page
    // scrolls, and the captions of tables stay.
    private const string Content = """
        *{box-sizing:border-box}
        h2{font-size:1.35rem;line-height:1.25;margin-top:2.5rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
        a{color:var(--link)}
        nav{font-size:.95rem;background:var(--stripe);border:1px solid var(--line);border-radius:.4rem;padding:.2rem 1rem}
        p{max-width:46rem}
        .note{border-left:.3rem solid var(--note-line);background:var(--note);padding:.1rem 1rem;margin:1rem 0;max-width:48rem}
        figure{margin:1.5rem 0;max-width:48rem}
        figure.wide{max-width:none}
        .plot{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}
        .plot>svg{display:block;min-width:100%;height:auto}
        figcaption,caption{color:var(--muted);font-size:.9rem;text-align:start}
        figcaption{margin-top:.4rem}
        caption{padding-bottom:.4rem;position:sticky;left:0;max-width:100cqi}
        .table{overflow-x:auto;margin:1.5rem 0;container-type:inline-size}
        table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
        th,td{padding:.3rem .7rem;text-align:start;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:break-word;max-width:22rem}
        th:first-child,td:first-child{min-width:7rem}
        thead th{border-bottom:2px solid var(--line);vertical-align:bottom}
        tbody th{font-weight:inherit}
        tbody tr:nth-child(even){background:var(--stripe)}
        .n{text-align:end;white-space:nowrap}
        thead .n{white-space:normal}
        .clip-thumb{display:block;width:4.5rem;height:4.5rem;object-fit:contain;border-radius:.25rem;background:var(--line)}
        tr:has(.clip-thumb)>*{vertical-align:middle}

        """;

    private const string Light = $"{PlotTheme.LightVariables}--page:#fff;--text:#1f2328;--muted:#57606a;--line:#d0d7de;--stripe:#f6f8fa;--link:#0550ae;--note:#fff8c5;--note-line:#bf8700;color-scheme:light;";

    private const string Dark = $"{PlotTheme.DarkVariables}--page:#0d1117;--text:#e6edf3;--muted:#9da7b3;--line:#30363d;--stripe:#161b22;--link:#79b8ff;--note:#2d2a16;--note-line:#d29922;color-scheme:dark;";
}
