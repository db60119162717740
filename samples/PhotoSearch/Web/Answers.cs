using System.Globalization;

namespace PhotoSearch;

/// <summary>What the page gets of a photograph. Names are text: the page writes them as such.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">The file's name.</param>
/// <param name="Folder">The folders above it, below the folder of photographs.</param>
/// <param name="Written">When the file was last written to.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Thumbnail">The address of a small JPEG of it, upright; another one when the file changes.</param>
/// <param name="Original">The address of the file.</param>
/// <param name="Score">How well it fits: a cosine, -1 to 1, or of examples a probability; null where nothing was asked.</param>
internal sealed record PhotoAnswer(long Id, string Name, string Folder, DateTime Written, long Length, string Thumbnail, string Original, float? Score)
{
    public static PhotoAnswer Of(Photo photo, float? score = null)
    {
        string place = $"{photo.Id}?v={Version(photo)}";
        return new(photo.Id, photo.Name, photo.Folder, new DateTime(photo.File.Written, DateTimeKind.Utc), photo.File.Length,
            $"/thumbnails/{place}", $"/photographs/{place}", score);
    }

    /// <summary>What an address has behind its number: another one when the file changes.</summary>
    public static string Version(Photo photo) => string.Create(CultureInfo.InvariantCulture, $"{photo.File.Written:x}-{photo.File.Length:x}");
}

/// <summary>Photographs, the best first.</summary>
/// <param name="Photographs">The photographs.</param>
/// <param name="Milliseconds">How long the search took.</param>
internal sealed record SearchAnswer(IReadOnlyList<PhotoAnswer> Photographs, double Milliseconds);

/// <summary>Photographs that look alike.</summary>
/// <param name="Cosine">The cosine of the two that look most alike.</param>
/// <param name="Photographs">All of the group.</param>
internal sealed record DuplicateAnswer(float Cosine, IReadOnlyList<PhotoAnswer> Photographs);

/// <summary>A photograph on the map.</summary>
/// <param name="X">Where: 0, on the left, to 1.</param>
/// <param name="Y">0, at the top, to 1.</param>
/// <param name="Photograph">The photograph.</param>
internal sealed record MapPlaceAnswer(float X, float Y, PhotoAnswer Photograph);

/// <summary>A part of the map.</summary>
/// <param name="Total">How many photographs stand on the whole map.</param>
/// <param name="Inside">How many stand in this part.</param>
/// <param name="Places">Those that are given, spread over the part: the first of them are far apart.</param>
internal sealed record MapAnswer(int Total, int Inside, IReadOnlyList<MapPlaceAnswer> Places);

/// <summary>A file that could not be read.</summary>
internal sealed record UnreadableAnswer(string Name, string Folder, string Error);

/// <summary>What the program is doing.</summary>
/// <param name="Folder">The name of the folder of photographs.</param>
/// <param name="Model">The name of the model.</param>
/// <param name="Photographs">How many can be searched.</param>
/// <param name="Unreadable">How many files could not be read.</param>
/// <param name="Stage">loading, listing, reading, comparing, mapping, ready, unreachable (the folder), or failing (something else).</param>
/// <param name="Done">How many files are done of those that this stage is about.</param>
/// <param name="Total">How many these are.</param>
/// <param name="PerSecond">How many a second.</param>
/// <param name="SecondsLeft">How long it will take.</param>
/// <param name="MaximumUpload">The most bytes of a picture to search by.</param>
internal sealed record StatusAnswer(
    string Folder, string Model, int Photographs, int Unreadable, string Stage, int Done, int Total, double PerSecond, double? SecondsLeft, long MaximumUpload);

/// <summary>Examples to learn from.</summary>
/// <param name="Like">Numbers of photographs like those wanted; at least one.</param>
/// <param name="Unlike">Numbers of others; at least one.</param>
internal sealed record Examples(long[] Like, long[] Unlike);
