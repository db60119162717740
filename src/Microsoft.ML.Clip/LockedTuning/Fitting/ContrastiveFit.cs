namespace Microsoft.ML.Clip;

/// <summary>Learns both sides by the contrastive loss.</summary>
internal static class ContrastiveFit
{
    public static ClipLockedHead Fit(LockedRelation relation, ClipLockedTrainer.Options options, List<double> losses, CancellationToken cancellation) =>
        throw new NotSupportedException($"{nameof(ClipLockedMethod)}.{nameof(ClipLockedMethod.Contrastive)} comes with the next commit.");
}
