using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// The system's MPI library, the few functions of it that training calls, and its handles. Two kinds of libraries are known, which differ in what a handle is:
/// Open MPI's are addresses of what the library exports, those of MPICH and its kin (Intel MPI, MVAPICH, Cray MPICH) are numbers.
/// </summary>
/// <remarks>
/// Nothing is unloaded: MPI is for the life of the process.
/// Sources: Open MPI 4.1.4 mpi.h (OMPI_PREDEFINED_GLOBAL), MPICH 4.0.2 mpi.h (MPI_COMM_WORLD, MPI_BYTE).
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    /// <summary>Names a library, where the ones that are looked for are not the right ones.</summary>
    public const string Variable = "CLIP_MPI_LIBRARY";

    // MPI_THREAD_SERIALIZED of both kinds: calls from any thread, one at a time.
    private const int ThreadSerialized = 2;
    private const int MostText = 8192;

    // MPICH's numbers.
    private const nint MpichWorld = 0x44000000, MpichByte = 0x4c00010d;

    private static readonly string[] OpenMpiNames = ["libmpi.so.40", "libmpi.so.80", "libmpi.so", "libmpi.dylib"];
    private static readonly string[] MpichNames = ["libmpich.so.12", "libmpi.so.12", "libmpi_cray.so.12", "libmpich.so"];
    private static readonly string[] MpichKin = ["MPICH", "MVAPICH", "Intel(R) MPI"];

    /// <summary>How many ranks a launcher says that there are, and who tells it so: Open MPI, MPICH, and Slurm, which starts either.</summary>
    private static readonly (string Variable, bool IsOpenMpi)[] Sizes = [("OMPI_COMM_WORLD_SIZE", true), ("PMI_SIZE", false), ("SLURM_STEP_NUM_TASKS", true)];

    private readonly nint _library;
    private readonly nint _world, _byte;
    private readonly delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int> _allGather, _allToAll;
    private readonly delegate* unmanaged<nint, int> _barrier;

    private MpiLibrary(nint library, string name)
    {
        (_library, Name) = (library, name);
        Version = ReadVersion();
        if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _world))
        {
            _byte = Export("ompi_mpi_byte");
        }
        else if (Array.Exists(MpichKin, kin => Version.Contains(kin, StringComparison.OrdinalIgnoreCase)))
        {
            (_world, _byte) = (MpichWorld, MpichByte);
        }
        else
        {
            throw new PlatformNotSupportedException($"'{name}' is '{Version}', which is neither Open MPI nor of MPICH's kind ({string.Join(", ", MpichKin)}): what its handles look like is not known.");
        }
        _allGather = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Export("MPI_Allgather");
        _allToAll = (delegate* unmanaged<void*, int, nint, void*, int, nint, nint, int>)Export("MPI_Alltoall");
        _barrier = (delegate* unmanaged<nint, int>)Export("MPI_Barrier");
    }

    /// <summary>The file that was loaded, as it was asked for.</summary>
    public string Name { get; }

    /// <summary>What it says of itself, its first line.</summary>
    public string Version { get; }

    public int Rank => Number("MPI_Comm_rank");

    public int Size => Number("MPI_Comm_size");

    /// <summary>What a launcher has told this process of the number of ranks; null if none has.</summary>
    public static int? LaunchedSize => Launched.Size;

    private static (int? Size, bool IsOpenMpi) Launched => Sizes.Select(s => (Size: ReadSize(s.Variable), s.IsOpenMpi)).FirstOrDefault(s => s.Size is not null);

    /// <summary>Finds the library: the one that the environment names, else the one that goes with who started this process.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none, or it is of an unknown kind.</exception>
    public static MpiLibrary Load()
    {
        // UCX, on which both kinds may stand, would take over the signals by which .NET finds null references. It looks when it is loaded.
        NativeEnvironment.SetIfMissing("UCX_ERROR_SIGNALS", "");
        string? chosen = Environment.GetEnvironmentVariable(Variable);
        bool openMpiFirst = Launched is not { Size: not null, IsOpenMpi: false };
        string[] names = chosen is not null ? [chosen] : openMpiFirst ? [.. OpenMpiNames, .. MpichNames] : [.. MpichNames, .. OpenMpiNames];
        foreach (string name in names)
        {
            // Open MPI's parts, which are libraries too, look for it among what is open to all.
            if (Open(name) is var library and not 0)
            {
                return new MpiLibrary(library, name);
            }
        }
        throw new PlatformNotSupportedException(chosen is not null
            ? $"The MPI library '{chosen}', which {Variable} names, cannot be loaded."
            : $"No MPI library can be loaded. Open MPI or MPICH has to be installed (Debian and Ubuntu: openmpi-bin, or mpich; a cluster: its module), or {Variable} names the library. Tried: {string.Join(", ", names)}.");
    }

    /// <exception cref="ClipTrainingException">MPI cannot be started.</exception>
    public void Initialize()
    {
        int provided = 0, is_initialized = 0;
        Check("MPI_Initialized", ((delegate* unmanaged<int*, int>)Export("MPI_Initialized"))(&is_initialized));
        if (is_initialized == 0)
        {
            Check("MPI_Init_thread", ((delegate* unmanaged<void*, void*, int, int*, int>)Export("MPI_Init_thread"))(null, null, ThreadSerialized, &provided));
            if (provided < ThreadSerialized)
            {
                throw new ClipTrainingException($"'{Name}' lets only its first thread call it (level {provided} of threads, {ThreadSerialized} is needed: MPI_THREAD_SERIALIZED). It was '{Version}'.");
            }
        }
    }

    public void AllGather(byte* own, int bytes, byte* all) => Check("MPI_Allgather", _allGather(own, bytes, _byte, all, bytes, _byte, _world));

    /// <summary>Part i goes to rank i, and the parts that the ranks have for this one come, in their order.</summary>
    public void AllToAll(byte* parts, int bytes, byte* received) => Check("MPI_Alltoall", _allToAll(parts, bytes, _byte, received, bytes, _byte, _world));

    public void Barrier() => Check("MPI_Barrier", _barrier(_world));

    public void Complete()
    {
        int isFinalized = 0;
        Check("MPI_Finalized", ((delegate* unmanaged<int*, int>)Export("MPI_Finalized"))(&isFinalized));
        if (isFinalized == 0)
        {
            Check("MPI_Finalize", ((delegate* unmanaged<int>)Export("MPI_Finalize"))());
        }
    }

    /// <summary>Ends all ranks. The launcher does it, which is why it does not come back.</summary>
    public void Abort(int code) => _ = ((delegate* unmanaged<nint, int, int>)Export("MPI_Abort"))(_world, code);

    private static int? ReadSize(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : null;

    private static nint Open(string name)
    {
        const int Now = 2;
        int global = OperatingSystem.IsMacOS() ? 8 : 0x100;
        foreach (string system in (string[])["libc.so.6", "libSystem.dylib", "libdl.so.2"])
        {
            if (NativeLibrary.TryLoad(system, out nint library) && NativeLibrary.TryGetExport(library, "dlopen", out nint open))
            {
                fixed (byte* file = Encoding.UTF8.GetBytes(name + "\0"))
                {
                    return ((delegate* unmanaged<byte*, int, nint>)open)(file, Now | global);
                }
            }
        }
        return 0;
    }

    private nint Export(string function) => NativeLibrary.TryGetExport(_library, function, out nint address) ? address
        : throw new PlatformNotSupportedException($"'{Name}' has no {function}: it is no MPI library, or one of another kind.");

    private int Number(string function)
    {
        int number = 0;
        Check(function, ((delegate* unmanaged<nint, int*, int>)Export(function))(_world, &number));
        return number;
    }

    private string ReadVersion()
    {
        byte* text = stackalloc byte[MostText];
        int length = 0;
        Check("MPI_Get_library_version", ((delegate* unmanaged<byte*, int*, int>)Export("MPI_Get_library_version"))(text, &length));
        return Encoding.UTF8.GetString(text, Math.Clamp(length, 0, MostText)).Split('\n', ',')[0].Trim('\0', ' ', '\t');
    }

    private void Check(string function, int result)
    {
        if (result != 0)
        {
            throw new ClipTrainingException($"{function} of '{Name}' ({Version}) gave error {result}.");
        }
    }
}
