namespace Microsoft.ML.Clip;

/// <summary>What a training is about while it reports.</summary>
public enum ClipTrainingStage
{
    /// <summary>Rows are read, and their images decoded.</summary>
    ReadingRows,

    /// <summary>The vocabulary is made from the captions, or captions become tokens.</summary>
    ReadingCaptions,

    /// <summary>The network is made, and a checkpoint read where there is one.</summary>
    MakingNetwork,

    /// <summary>Steps are taken.</summary>
    Training,

    /// <summary>A checkpoint is written.</summary>
    SavingCheckpoint,
}
