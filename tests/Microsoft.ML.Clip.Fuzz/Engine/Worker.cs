using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>Runs one reader on inputs of its own making. The input at work lies in a file, so that it outlives the process.</summary>
internal sealed class Worker : IDisposable
{
    /// <summary>How long reading one input may take; far more than any should, on a machine that has other work.</summary>
    public const int MaximumSeconds = 20;

    /// <summary>How far the process's memory may grow beyond what it was after the first inputs, where native code decodes.</summary>
    public const long MaximumGrowth = 512L << 20;

    /// <summary>How the process ends where an input takes too long.</summary>
    public const int HangExitCode = 3;

    private const int MostKept = 4096, MostFindings = 20, LengthBytes = sizeof(int), Baseline = 200;

    private readonly Reader _reader;
    private readonly RunOptions _options;
    private readonly Random _random;
    private readonly List<byte[]> _corpus = [];
    private readonly Dictionary<string, string> _findings = [];
    private readonly MemoryMappedFile _current;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Timer _watch;
    private long _executions, _accepted, _began, _baseMemory;
    private int _seeds;

    public Worker(Reader reader, RunOptions options)
    {
        (_reader, _options, _random) = (reader, options, new Random(options.Seed));
        Directory.CreateDirectory(options.Findings);
        _current = MemoryMappedFile.CreateFromFile(CurrentPath(options, reader.Name), FileMode.Create, null, LengthBytes + reader.MaximumLength);
        _view = _current.CreateViewAccessor();
        _watch = new Timer(_ => Watch(), null, 1000, 1000);
    }

    /// <summary>Where the input at work lies.</summary>
    public static string CurrentPath(RunOptions options, string reader) => Path.Combine(options.Findings, $".current-{reader}");

    /// <summary>The input that was at work when a process ended.</summary>
    public static byte[] Current(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return file[LengthBytes..(LengthBytes + BitConverter.ToInt32(file))];
    }

    /// <summary>Runs to the end and gives the number of findings.</summary>
    public int Run()
    {
        var time = Stopwatch.StartNew();
        foreach (byte[] seed in _reader.Seeds().Concat(Kept()))
        {
            byte[] input = Cut(seed);
            Execute(input);
            Coverage.IsNew();
            _corpus.Add(input);
        }
        _seeds = _corpus.Count;
        if (_accepted == 0)
        {
            Find("refused", "None of the first inputs was read: what comes after that which refused them is not reached.", _corpus[0]);
        }
        long most = _options.Executions ?? _reader.Share;
        while (_executions < most && time.Elapsed.TotalSeconds < _options.Seconds && _findings.Count < MostFindings)
        {
            byte[] input = Cut(_reader.Format.Mutate(Pick(), Pick(), _random));
            Execute(input);
            if (Coverage.IsNew() && _corpus.Count < MostKept)
            {
                _corpus.Add(input);
                Keep(input);
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_reader.Name}: {_executions:N0} executions in {time.Elapsed.TotalSeconds:N0} s, "
            + $"{_corpus.Count:N0} inputs kept, {_findings.Count} findings, {new CoverageReport(_reader.Sources).Summary}"));
        if (_options.Uncovered)
        {
            Console.WriteLine(new CoverageReport(_reader.Sources).Uncovered);
        }
        return _findings.Count;
    }

    public void Dispose()
    {
        _watch.Dispose();
        _view.Dispose();
        _current.Dispose();
        File.Delete(CurrentPath(_options, _reader.Name));
    }

    // Half of the time one of the seeds or of the latest: those before have had their turns.
    private byte[] Pick()
    {
        const int Latest = 32;
        int chance = _random.Next(4);
        return chance == 0 ? _corpus[_random.Next(_seeds)]
            : chance == 1 ? _corpus[^(1 + _random.Next(Math.Min(Latest, _corpus.Count)))]
            : _corpus[_random.Next(_corpus.Count)];
    }

    private byte[] Cut(byte[] input) => input.Length <= _reader.MaximumLength ? input : input[.._reader.MaximumLength];

    private void Execute(byte[] input)
    {
        _view.Write(0, input.Length);
        _view.WriteArray(LengthBytes, input, 0, input.Length);
        Volatile.Write(ref _began, Stopwatch.GetTimestamp());
        _executions++;
        Coverage.Begin();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _reader.Read(input);
            _accepted++;
        }
        catch (Exception e) when (e is not WrongResultException && _reader.IsDocumented(e))
        {
        }
        catch (Exception e)
        {
            Find(Kind(e), e.ToString(), input);
        }
        finally
        {
            Volatile.Write(ref _began, 0);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > _reader.MaximumAllocation)
        {
            Find("allocation", $"{allocated:N0} bytes were allocated; the limit is {_reader.MaximumAllocation:N0}.", input);
        }
        if (_reader.WatchesMemory)
        {
            CheckMemory(input);
        }
    }

    // The peak is the system's; it only ever rises, so the first input above the limit is the one.
    private void CheckMemory(byte[] input)
    {
        long peak = Process.GetCurrentProcess().PeakWorkingSet64;
        if (_executions <= Baseline)
        {
            _baseMemory = peak;
        }
        else if (peak - _baseMemory > MaximumGrowth)
        {
            Find("memory", $"The process took {peak:N0} bytes, {peak - _baseMemory:N0} more than after the first inputs; the limit is {MaximumGrowth:N0}.", input);
        }
    }

    /// <summary>Findings of one kind and place are one finding.</summary>
    private static string Kind(Exception error)
    {
        var inner = error;
        while (inner.InnerException is { } next)
        {
            inner = next;
        }
        string place = (inner.StackTrace ?? error.StackTrace ?? "").Split('\n').Select(l => l.Trim())
            .FirstOrDefault(l => l.Contains("Microsoft.ML.Clip.", StringComparison.Ordinal)) ?? "";
        return $"{error.GetType().Name} {inner.GetType().Name} {place}";
    }

    private void Find(string kind, string message, byte[] input)
    {
        if (!_findings.TryAdd(kind, message))
        {
            return;
        }
        Finding.Write(_options, _reader.Name, message, input);
    }

    private void Watch()
    {
        long began = Volatile.Read(ref _began);
        if (began != 0 && Stopwatch.GetElapsedTime(began).TotalSeconds > MaximumSeconds)
        {
            Environment.Exit(HangExitCode);
        }
    }

    private IEnumerable<byte[]> Kept() => _options.Corpus is { } corpus && Directory.Exists(Path.Combine(corpus, _reader.Name))
        ? Directory.EnumerateFiles(Path.Combine(corpus, _reader.Name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];

    private void Keep(byte[] input)
    {
        if (_options.Corpus is { } corpus)
        {
            string folder = Path.Combine(corpus, _reader.Name);
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input))[..16]), input);
        }
    }
}
