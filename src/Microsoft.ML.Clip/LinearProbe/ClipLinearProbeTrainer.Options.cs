using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

public sealed partial class ClipLinearProbeTrainer
{
    /// <summary>Settings of <see cref="ClipLinearProbeTrainer"/>.</summary>
    public sealed record Options
    {
        /// <summary>The strength of the regularisation: the factor of |W|^2 / 2 beside the sum of the rows' losses. scikit-learn's 1/C, and the
        /// paper's lambda.</summary>
        /// <value>Default: <see langword="null"/>, found by a sweep on validation rows.</value>
        public float? L2Regularization { get; init; }

        /// <summary>How to look for the regularisation where none is given.</summary>
        /// <value>Default: <see cref="ClipLinearProbeSweep.Search"/>, the paper's.</value>
        public ClipLinearProbeSweep Sweep { get; init; } = ClipLinearProbeSweep.Search;

        /// <summary>The share of the rows of each class that the sweep sets aside to choose by; between 0 and 1. Not used where validation rows are
        /// passed to <see cref="Fit(IDataView, IDataView)"/>, or the regularisation is given.</summary>
        /// <value>Default: 0.2. Where that makes fewer than 100 rows, cross-validation on all rows takes its place.</value>
        public double ValidationFraction { get; init; } = 0.2;

        /// <summary>A column of weights (<see cref="float"/>), not negative: a row of weight 2 counts as two rows.</summary>
        /// <value>Default: <see langword="null"/>, 1 throughout.</value>
        public string? ExampleWeightColumnName { get; init; }

        /// <summary>After how many iterations of L-BFGS and Newton's method a fit ends, converged or not. A fit that ends so is marked in the report
        /// and warned of.</summary>
        /// <value>Default: 1000, the paper's.</value>
        public int MaximumNumberOfIterations { get; init; } = 1000;

        /// <summary>A fit ends when its objective is estimated to be this close to the minimum, relative to the objective, and the gradient has
        /// fallen to a thousandth of what it is without any features. Trials of a sweep end at 1e-6 if that is more, the first
        /// seven of a search at 1e-5.</summary>
        /// <value>Default: 1e-8. The estimate is that of the quadratic model, about right in practice: see docs/numerics.md.</value>
        public float OptimizationTolerance { get; init; } = 1e-8f;

        /// <summary>
        /// How many steps L-BFGS remembers at most. Each costs two vectors of the size of the weights; where they would take more than a twentieth of the
        /// features' memory (and more than 1 MiB), fewer are kept, but at least four.
        /// </summary>
        /// <value>Default: 10.</value>
        public int HistorySize { get; init; } = 10;

        /// <summary>How many threads to use, at most 1,024. The same number gives the same model, to the bit.</summary>
        /// <value>Default: <see langword="null"/>, one per processor.</value>
        public int? NumberOfThreads { get; init; }

        /// <summary>Decides which rows the sweep validates on.</summary>
        /// <value>Default: <see langword="null"/>, drawn from the <see cref="MLContext"/>, which has a seed of its own.</value>
        public int? Seed { get; init; }

        /// <summary>Told of every iteration and every trial, synchronously.</summary>
        /// <value>Default: <see langword="null"/>.</value>
        public IProgress<ClipLinearProbeProgress>? Progress { get; init; }

        /// <summary>
        /// Ends <c>Fit</c> before the next row and within an iteration, with an <see cref="OperationCanceledException"/>: ML.NET's <c>Fit</c> takes no token of
        /// its own.
        /// </summary>
        /// <value>Default: <see cref="CancellationToken.None"/>.</value>
        public CancellationToken CancellationToken { get; init; }

        private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
    }
}
