namespace Microsoft.ML.Clip;

/// <summary>How <see cref="ClipLinearProbeTrainer"/> looks for the regularisation when none is given.</summary>
public enum ClipLinearProbeSweep
{
    /// <summary>The parametric search of the CLIP paper, appendix A.3: 1e-6, 1e-4, ... 1e6, then the interval around the peak is halved until there
    /// are 8 steps per decade. At most 15 trials.</summary>
    Search,

    /// <summary>All of 96 values between 1e-6 and 1e6, both included, evenly spaced in the logarithm.</summary>
    Full,
}
