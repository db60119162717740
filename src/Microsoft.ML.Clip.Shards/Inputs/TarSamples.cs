using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Files of a tar that follow each other with one key: a row.</summary>
internal sealed class TarSample(string key, long head)
{
    private const long MaximumImage = 256 << 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private TarMember? _image;
    private TarMember? _caption;
    private string? _error;

    public string Key => key;

    /// <summary>Where the file can be read from, to come to this row first.</summary>
    public long Head => head;

    public void Add(TarMember member, string field)
    {
        bool isCaption = field == "txt";
        // "seg.png" is a kind of its own, and no image.
        if (!isCaption && (field.Contains('.', StringComparison.Ordinal) || !DataFiles.IsImage("." + field)))
        {
            return;
        }
        if (!member.IsFile)
        {
            _error ??= $"'{InputFiles.Cut(member.Name)}' is no file, but a link or the like.";
        }
        else if (isCaption)
        {
            _error ??= _caption is null ? null : $"There are two captions, the second at '{InputFiles.Cut(member.Name)}'.";
            _caption = member;
        }
        else
        {
            _error ??= _image is null ? null : $"There are two images, '{InputFiles.Cut(_image.Name)}' and '{InputFiles.Cut(member.Name)}'; expected one.";
            _image = member;
        }
    }

    public ShardRow Read(TarWalk tar)
    {
        string? error = _error
            ?? (key.Length > InputFiles.MaximumName ? $"Its key has {key.Length} characters; expected at most {InputFiles.MaximumName}." : null)
            ?? (_image is null ? "There is no image; expected a file of the kind jpg, jpeg, png, gif, webp, bmp or ico." : null)
            ?? (_image!.Length is > 0 and <= MaximumImage ? null
                : FormattableString.Invariant($"'{_image.Name}' has {_image.Length:N0} bytes; expected 1 to {MaximumImage:N0}."))
            ?? (_caption is { Length: > InputFiles.MaximumCaption and var length } ? $"The caption has {length} bytes; expected at most {InputFiles.MaximumCaption}." : null);
        string? caption = error is null && _caption is not null ? Caption(tar.Read(_caption), ref error) : null;
        return new(InputFiles.Cut(key, InputFiles.MaximumName), null, error is null ? tar.Read(_image!) : default, caption, error);
    }

    private static string? Caption(byte[] bytes, ref string? error)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            error = "The caption is not UTF-8.";
            return null;
        }
    }
}

/// <summary>The rows of a tar file, by webdataset's rules (its <c>base_plus_ext</c> and <c>group_by_keys</c>).</summary>
internal static class TarSamples
{
    /// <exception cref="InvalidDataException">The file is damaged. Thrown while enumerating.</exception>
    public static IEnumerable<TarSample> Of(TarWalk tar)
    {
        TarSample? sample = null;
        while (tar.Next() is { } member)
        {
            int slash = member.Name.LastIndexOf('/'), dot = member.Name.IndexOf('.', slash + 1);
            // What has no key: folders, names without a dot or with one at their start.
            if (dot <= slash + 1)
            {
                continue;
            }
            if (sample is null || !member.Name.AsSpan(0, dot).SequenceEqual(sample.Key))
            {
                if (sample is not null)
                {
                    yield return sample;
                }
                sample = new(member.Name[..dot], member.Head);
            }
            sample.Add(member, member.Name[(dot + 1)..].ToLowerInvariant());
        }
        if (sample is not null)
        {
            yield return sample;
        }
    }
}
