using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>What a caller may ask of sessions; null leaves it open.</summary>
/// <param name="Work">How work is to be cut.</param>
/// <param name="GpuDeviceId">The GPU to run on.</param>
/// <param name="FallbackToCpu">Whether to warn and run on the CPU where the GPU cannot be used.</param>
/// <param name="UseMemoryArena">Whether memory is kept from run to run.</param>
/// <param name="OptimizeGraph">Whether work is left out whose results nobody reads.</param>
/// <param name="CreateSessionOptions">Makes the options of every session, in place of all this.</param>
/// <param name="Inform">Told what runs on what.</param>
/// <param name="Warn">Told of a fallback.</param>
internal sealed record SessionChoices(WorkChoices Work, int? GpuDeviceId, bool? FallbackToCpu, bool UseMemoryArena, bool OptimizeGraph,
    Func<SessionOptions>? CreateSessionOptions, Action<string> Inform, Action<string> Warn);

/// <summary>Opens ONNX Runtime sessions: from a path or from memory, on the GPU or the CPU, and says which it became.</summary>
internal sealed class OnnxSessionFactory(ModelFiles files, SessionChoices choices)
{
    // kOrtSessionOptionsModelExternalInitializersFileFolderPath: where external data lies when the graph itself comes from memory.
    private const string ExternalDataFolder = "session.model_external_initializers_file_folder_path";

    // kOrtSessionOptionsConfigAllowIntraOpSpinning: whether a thread that has nothing to do keeps its core busy for a while.
    private const string AllowSpinning = "session.intra_op.allow_spinning";

    private const string CpuOnlyAdvice = "For CUDA, reference Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime: the native ONNX Runtime in use was built for the CPU alone.";

    private const string CudaAdvice = "The native ONNX Runtime in use was built for CUDA: what it misses is a GPU of that number, its driver, or the CUDA and cuDNN of the versions that it names, where the loader finds them.";

    private int? _gpuDeviceId = choices.GpuDeviceId;
    private bool _fallbackToCpu = choices.FallbackToCpu ?? true;

    /// <summary>How the cores are shared among runs.</summary>
    public WorkShare Share =>
        WorkShare.Choose(choices.Work, PhysicalCores.Count, isElsewhere: choices.CreateSessionOptions is not null || _gpuDeviceId is not null,
            PhysicalCores.IsLimited);

    /// <summary>
    /// Whether sessions may be opened before they are needed: not where the caller's code makes them, which should run when and as often as it does without,
    /// nor on a GPU, whose memory is not taken in advance.
    /// </summary>
    public bool OpensAhead => choices.CreateSessionOptions is null && _gpuDeviceId is null;

    /// <summary>Supplies what the options leave open, for sessions that are not open yet.</summary>
    public void UseDefaults(int? gpuDeviceId, bool fallbackToCpu)
    {
        _gpuDeviceId ??= gpuDeviceId;
        _fallbackToCpu = choices.FallbackToCpu ?? fallbackToCpu;
    }

    /// <summary>Opens a graph, or the part of it that computes one tensor.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="cutTo">The only tensor to compute; null for the graph as it stands.</param>
    /// <param name="role">What the graph is, for messages: "image encoder".</param>
    /// <param name="alone">Whether runs have the machine to themselves, or share it as <see cref="Share"/> says.</param>
    /// <param name="weights">What sessions of this graph on the CPU have in common; disposed after them.</param>
    public InferenceSession Open(OnnxGraph graph, string? cutTo, string role, bool alone, SharedWeights weights)
    {
        if (choices.CreateSessionOptions is { } create)
        {
            return Open(graph, cutTo, role, null, OnnxNativeRuntime.Require(create) is { IsClosed: false } made ? made
                : throw new InvalidOperationException("CreateSessionOptions gave no session options, or such as are disposed already. It has to make new ones at each call: the model disposes them."));
        }
        if (_gpuDeviceId is not { } gpu)
        {
            return Open(graph, cutTo, role, weights, Common(alone));
        }
        bool hasCuda = OnnxNativeRuntime.IsBuiltForCuda;
        try
        {
            return Open(graph, cutTo, role, null, OnGpu(gpu, alone));
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException)
        {
            string advice = hasCuda ? CudaAdvice : CpuOnlyAdvice;
            if (!_fallbackToCpu)
            {
                string message = $"The {role} cannot run on GPU {gpu}: {e.Message} {advice} With FallbackToCpu it would run on the CPU.";
                throw e is InvalidDataException ? new InvalidDataException(message, e) : new InvalidOperationException(message, e);
            }
            // Some drivers refuse only when the session is made. If it is the file that is at fault, the CPU will say so.
            choices.Warn($"The {role} falls back to the CPU: GPU {gpu} cannot be used ({e.Message}). {advice}");
            return Open(graph, cutTo, role, weights, Common(alone));
        }
    }

    private SessionOptions OnGpu(int gpuDeviceId, bool alone)
    {
        var session = Common(alone);
        try
        {
            session.AppendExecutionProvider_CUDA(gpuDeviceId);
            return session;
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException)
        {
            session.Dispose();
            throw new InvalidOperationException($"ONNX Runtime cannot use GPU {gpuDeviceId}: {e.Message}", e);
        }
    }

    private SessionOptions Common(bool alone)
    {
        var session = OnnxNativeRuntime.Require(() => new SessionOptions());
        session.EnableCpuMemArena = choices.UseMemoryArena;
        // What the graph optimizer finds superfluous is nothing that a user could mend. Errors come as exceptions.
        session.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        // Left alone, ONNX Runtime takes a thread for each core of the machine.
        int? whenAlone = choices.Work.Threads ?? (PhysicalCores.IsLimited ? PhysicalCores.Count : null);
        if ((alone ? whenAlone : Share.Threads) is { } threads)
        {
            session.IntraOpNumThreads = threads;
        }
        if (!alone)
        {
            // The cores have the next images to decode.
            session.AddSessionConfigEntry(AllowSpinning, "0");
        }
        return session;
    }

    private InferenceSession Open(OnnxGraph graph, string? cutTo, string role, SharedWeights? weights, SessionOptions sessionOptions)
    {
        using (sessionOptions)
        {
            InferenceSession session;
            IReadOnlyList<string>? changes = null;
            try
            {
                using var call = ExitGate.Shared.Begin();
                session = Create(graph, cutTo, weights, sessionOptions, ref changes);
            }
            catch (OnnxRuntimeException e)
            {
                string advice = choices.OptimizeGraph && weights is not null ? " With OptimizeGraph = false the graph is opened as it stands." : "";
                throw new InvalidDataException($"ONNX Runtime cannot open the {role} {graph.Description}: {e.Message}{advice}", e);
            }
            choices.Inform($"The {role} {graph.Description} runs on {Provider(session)}.{Tell(changes)}");
            return session;
        }
    }

    /// <summary>What OptimizeGraph did; nothing where it is off, or does not apply.</summary>
    private static string Tell(IReadOnlyList<string>? changes) => changes switch
    {
        null => "",
        [] => " OptimizeGraph found nothing in it to change.",
        _ => $" OptimizeGraph changed the graph: {string.Join("; ", changes)}.",
    };

    private InferenceSession Create(OnnxGraph graph, string? cutTo, SharedWeights? weights, SessionOptions sessionOptions, ref IReadOnlyList<string>? changes)
    {
        // Elsewhere a changed graph would take a copy of all weights, and other devices have other bottlenecks.
        bool isHere = weights is not null, optimizes = choices.OptimizeGraph && isHere;
        if (isHere && WeightPlaces.Find(files, graph) is { } placed)
        {
            sessionOptions.AddSessionConfigEntry(ExternalDataFolder, placed.Folder);
            var smaller = GraphFile.Draft(files, graph, cutTo, optimizes);
            changes = optimizes ? smaller.Changes : null;
            return weights!.Open(GraphFile.WritePlaced(smaller, placed), sessionOptions);
        }
        string? path = files.PhysicalPath(graph.FileName);
        bool hasExternalData = graph.ExternalLocations.Count > 0;
        var places = path is not null && hasExternalData ? OnnxExternalData.RealPlaces(files, graph) : null;
        // ONNX Runtime takes weights from beside the place where the graph really lies, under the names that stand in it.
        // Files out of an archive lie under other names.
        bool areBeside = places is { } real && real.Folder == Path.GetDirectoryName(OnnxExternalData.RealPath(path!)) && !files.IsForeign;
        if (path is not null && cutTo is null && (!hasExternalData || areBeside))
        {
            return new InferenceSession(path, sessionOptions);
        }
        if (places is { } place)
        {
            sessionOptions.AddSessionConfigEntry(ExternalDataFolder, place.Folder);
        }
        var draft = GraphFile.Draft(files, graph, cutTo, optimizes);
        changes = optimizes ? draft.Changes : null;
        bool asItStands = !draft.IsChanged && !hasExternalData;
        return new InferenceSession(asItStands ? files.ReadAllBytes(graph.FileName)
            : GraphFile.Write(draft, inlineExternalData: places is null, places?.Names), sessionOptions);
    }

    private static string Provider(InferenceSession session)
    {
        var devices = session.GetEpDeviceForInputs().Where(d => d is not null).ToList();
        return devices.Count > 0 ? string.Join(", ", devices.Select(d => d.EpName).Distinct()) : "an execution provider that does not give its name";
    }
}
