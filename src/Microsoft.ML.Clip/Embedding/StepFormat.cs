using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>How a step begins in a saved model: what every one of them writes, checks and registers alike.</summary>
/// <param name="Step">The transformer's type, which also names its host.</param>
/// <param name="Signature">Eight characters by which the format is known.</param>
/// <param name="LoaderSignature">The name by which ML.NET finds the type's loader.</param>
/// <param name="Version">The version that is written, and needed to read it; those before it are read as well.</param>
internal sealed record StepFormat(Type Step, string Signature, string LoaderSignature, uint Version = StepFormat.FirstVersion)
{
    public const uint FirstVersion = 0x00010001;

    /// <summary>Checks that a saved step is of this format, and makes it.</summary>
    /// <param name="env">Where the step will be.</param>
    /// <param name="ctx">Where it is read from.</param>
    /// <param name="read">Reads and makes it, with its own host.</param>
    /// <exception cref="FormatException">The step cannot be made of what was saved.</exception>
    public T Load<T>(IHostEnvironment env, ModelLoadContext ctx, Func<IHost, ModelLoadContext, T> read)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(Step.Name);
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(Info());
        try
        {
            return read(host, ctx);
        }
        catch (Exception e) when (!e.IsMarked())
        {
            // ML.NET hands on only what is marked as its own; anything else comes out as an error of reflection.
            throw host.ExceptDecode(e, $"The saved step {Step.Name} cannot be loaded: {e.Message}");
        }
    }

    /// <summary>Begins the writing of a step.</summary>
    public void Begin(ModelSaveContext ctx) => ctx.SetVersionInfo(Info());

    private VersionInfo Info() => new(
        modelSignature: Signature,
        verWrittenCur: Version,
        verReadableCur: Version,
        verWeCanReadBack: FirstVersion,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: Step.Assembly.FullName);
}

/// <summary>Numbers of a saved step, held against what they can be before anything is made of them.</summary>
internal static class SavedNumbers
{
    // 256 MB of float32, which is 445 images of 224 x 224.
    private const long MostSavedValues = 1 << 26, MostSavedRows = 8192;

    /// <summary>Reads a number that stands for a choice.</summary>
    /// <exception cref="FormatException">This version knows no such choice.</exception>
    public static T ReadChoice<T>(this ModelLoadContext ctx, IExceptionContext host)
        where T : struct, Enum
    {
        int value = ctx.Reader.ReadInt32();
        return Enum.IsDefined((T)(object)value) ? (T)(object)value
            : throw host.ExceptDecode($"The saved step has {typeof(T).Name} = {value}, which this version does not know; was it saved by a later one, or damaged?");
    }

    /// <summary>Reads how many items follow.</summary>
    /// <param name="ctx">Where from.</param>
    /// <param name="host">Where errors come from.</param>
    /// <param name="what">What the items are, for the message.</param>
    /// <param name="bytesEach">The least that one takes.</param>
    /// <exception cref="FormatException">There are none, or more than the rest of the file can hold.</exception>
    public static int ReadCount(this ModelLoadContext ctx, IExceptionContext host, string what, long bytesEach)
    {
        int count = ctx.Reader.ReadInt32();
        var stream = ctx.Reader.BaseStream;
        long most = stream.CanSeek ? (stream.Length - stream.Position) / bytesEach : int.MaxValue;
        return count > 0 && count <= most ? count
            : throw host.ExceptDecode($"The saved step claims {count:N0} {what}; expected at least 1, and at most {most:N0}, as many as the rest of its file can hold.");
    }

    /// <summary>
    /// What of a saved batch size is taken. The memory of a batch is asked for before the first row is read, and a file from elsewhere could ask for all
    /// there is; more rows at once than these make nothing faster. One that no batch can have is left to <see cref="CheckBatch"/>.
    /// </summary>
    public static int LimitBatch(int batchSize, long valuesPerRow) => batchSize * valuesPerRow > Array.MaxLength ? batchSize
        : (int)Math.Min(batchSize, Math.Clamp(MostSavedValues / valuesPerRow, 1, MostSavedRows));

    /// <summary>Throws if a batch of rows is more than one array can hold.</summary>
    public static void CheckBatch(IExceptionContext host, int batchSize, long valuesPerRow, string option)
    {
        host.CheckUserArg(batchSize > 0, option, $"must be 1 or more, but is {batchSize}");
        if (batchSize * valuesPerRow > Array.MaxLength)
        {
            throw host.ExceptUserArg(option, $"{batchSize:N0} rows of {valuesPerRow:N0} values are more than one batch can hold; the most is {Array.MaxLength / valuesPerRow:N0}.");
        }
    }
}
