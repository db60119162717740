namespace Microsoft.ML.Clip;

/// <summary>
/// Says how notebooks show a type. .NET Interactive and its successors look for an attribute of this name on the type of a value, and for the members below by
/// their names: nobody has to refer to a package of theirs, which are no longer developed (docs/adr/0020-notebooks-and-site.md).
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; } = ["text/html"];
}

/// <summary>What <see cref="TypeFormatterSourceAttribute"/> names. It is made, and asked, by reflection.</summary>
internal sealed class NotebookFormatterSource
{
    public static IEnumerable<object> CreateTypeFormatters() => [new NotebookFormatter(Html)];

    private static string? Html(object instance) => instance switch
    {
        ClipReportBlock block => block.ToHtml(),
        ClipReport report => HtmlReport.WritePiece(report),
        _ => null,
    };
}

/// <summary>Writes a value into a cell.</summary>
/// <param name="html">What is written for a value; null for one of a kind that it does not know.</param>
internal sealed class NotebookFormatter(Func<object, string?> html)
{
    public string MimeType { get; } = "text/html";

    /// <returns>Whether something was written.</returns>
    public bool Format(object instance, TextWriter writer)
    {
        string? text = html(instance);
        writer.Write(text);
        return text is not null;
    }
}
