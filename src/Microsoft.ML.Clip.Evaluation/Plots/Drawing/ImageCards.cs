using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Images with what they were taken for, in HTML.</summary>
internal static class ImageCards
{
    public const string Styles = ".clip-grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));gap:.8rem}"
        + ".clip-card{display:flex;gap:.8rem;margin:0;padding:.6rem;border:1px solid var(--clip-grid,#e4e7eb);border-radius:.4rem;background:var(--clip-paper,#fff);color:var(--clip-ink,#1f2328);font-size:.85rem;line-height:1.3;min-width:0}"
        + ".clip-card img{width:7rem;height:7rem;object-fit:contain;flex:none;background:var(--clip-grid,#e4e7eb);image-rendering:auto}"
        + ".clip-card div{flex:1;min-width:0}"
        + ".clip-card p{margin:0 0 .3rem;font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}"
        + ".clip-card ol{list-style:none;margin:0;padding:0}"
        + ".clip-card li{position:relative;display:flex;justify-content:space-between;gap:.5rem;padding:.05rem .3rem;margin-bottom:.15rem;background:linear-gradient(to right,var(--bar) var(--part),transparent var(--part));--bar:var(--clip-grid,#e4e7eb)}"
        + ".clip-card li.true{--bar:color-mix(in srgb,var(--clip-c0,#0b5fa5) 35%,transparent);font-weight:600}"
        + ".clip-card bdi{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}";

    public static void Append(StringBuilder html, ClipPlotImage image, int place, int most)
    {
        string name = $"Image {place} (counted from 0), '{image.Name}',";
        string type = MediaType(image.Encoded.Span) ?? throw new ArgumentException($"{name} is none of JPEG, PNG, GIF and WebP by its first bytes.");
        if (image.Guesses.Count == 0)
        {
            throw new ArgumentException($"{name} has no guesses; expected at least one.");
        }
        if (image.Guesses.FirstOrDefault(g => g.Probability is not (>= 0 and <= 1)) is { } wrong)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name} has the probability {wrong.Probability} for '{wrong.Name}'; expected 0 to 1."));
        }
        string truth = Markup.Encode(image.TrueClass);
        html.Append(CultureInfo.InvariantCulture, $"<figure class=\"clip-card\"><img alt=\"{Markup.Encode(image.Name)}\" src=\"data:{type};base64,{Convert.ToBase64String(image.Encoded.Span)}\">");
        html.Append(CultureInfo.InvariantCulture, $"<div><p title=\"{truth}\"><bdi>{truth}</bdi></p><ol>\n");
        foreach (var guess in image.Guesses.Take(most))
        {
            bool isTrue = guess.Name == image.TrueClass;
            string encoded = Markup.Encode(guess.Name);
            html.Append(CultureInfo.InvariantCulture, $"<li{(isTrue ? " class=\"true\"" : "")} style=\"--part:{100 * guess.Probability:0.#}%\"><bdi title=\"{encoded}\">{(isTrue ? "✓ " : "")}{encoded}</bdi><span>{100 * guess.Probability:0.0}%</span></li>\n");
        }
        html.Append("</ol></div></figure>\n");
    }

    /// <summary>What the bytes are by the first of them; null where pages do not show it.</summary>
    public static string? MediaType(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "image/png"
        : bytes.StartsWith("GIF8"u8) ? "image/gif"
        : bytes.StartsWith("RIFF"u8) && bytes.Length >= 12 && bytes[8..12].SequenceEqual("WEBP"u8) ? "image/webp" : null;
}
