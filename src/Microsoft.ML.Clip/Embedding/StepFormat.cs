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

    /// <summary>Checks that a saved step is of this format, and gives the host of the step to be made.</summary>
    public IHost Open(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(Step.Name);
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(Info());
        return host;
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
