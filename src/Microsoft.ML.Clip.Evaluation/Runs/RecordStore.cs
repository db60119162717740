using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>Results of a run that was stopped: a file for each model and set, by all that they depend on.</summary>
internal sealed class RecordStore
{
    // Of one set; a few hundred kilobytes with a thousand classes.
    private const long LargestFile = 256 << 20;

    public static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = false,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
        IgnoreReadOnlyProperties = true,
    };

    private readonly string _folder;
    private readonly List<string> _messages = [];

    public RecordStore(string folder) => _folder = Directory.CreateDirectory(folder).FullName;

    public IReadOnlyList<string> Messages => _messages;

    public static string Key(EvaluationContext context, ClipEvaluationTask task)
    {
        var o = context.Options;
        // Threads, progress and tokens make no other result.
        return TextHash.Of([context.ModelHash, task.Fingerprint(context), ClipEvaluation.Version, $"{o.ZeroShot} {o.ComparesPrompts} {o.LinearProbe} {o.ProbeFeatures}",
            Text(o.Probe), Text(o.FewShot)]);
    }

    public static string Text(ClipLinearProbeTrainer.Options? options) =>
        options is null ? "" : $"{options with { Progress = null, CancellationToken = default, NumberOfThreads = null }}";

    public static string Text(ClipFewShotOptions? options) => options is null ? ""
        : $"{string.Join(' ', options.Shots)} / {string.Join(' ', options.Seeds)} / {options.IncludesAll} {Text(options.Probe)}";

    public IReadOnlyList<ClipEvaluationRecord>? Read(string key)
    {
        string file = PathOf(key);
        try
        {
            if (!File.Exists(file))
            {
                return null;
            }
            if (new FileInfo(file).Length > LargestFile)
            {
                throw new InvalidDataException("It is larger than any result.");
            }
            using var stream = RegularFile.Open(file);
            return JsonSerializer.Deserialize<ClipEvaluationRecord[]>(stream, Json) is { Length: > 0 } records && records.All(r => r is not null) ? records
                : throw new InvalidDataException("It has no result.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or NotSupportedException)
        {
            _messages.Add($"The result '{file}' cannot be used and is made anew: {e.Message}");
            return null;
        }
    }

    public void Write(string key, ClipEvaluationRecord[] records)
    {
        if (records.Length == 0)
        {
            return;
        }
        string file = PathOf(key), own = $"{file}.{Guid.NewGuid():N}";
        try
        {
            using (var stream = File.Create(own))
            {
                JsonSerializer.Serialize(stream, records, Json);
            }
            File.Move(own, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _messages.Add($"The result '{file}' cannot be kept: {e.Message}");
        }
        finally
        {
            File.Delete(own);
        }
    }

    private string PathOf(string key) => Path.Combine(_folder, key[..32] + ".json");
}
