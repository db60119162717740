using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Clip;

/// <summary>
/// Trains the linear probe of the CLIP paper: multinomial logistic regression on frozen features, its regularisation found on validation rows.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>features (input)</term><description>Vector of <see cref="float"/> of known size. The paper probes the encoder's own features
/// (<see cref="ClipFeatures.Encoder"/>); the joint embedding works as well.</description></item>
/// <item><term>label (input)</term><description>Key of known cardinality, as <c>MapValueToKey</c> makes. Rows with a missing label are
/// skipped.</description></item>
/// <item><term>weight (input)</term><description>Optional: <see cref="float"/>, not negative.</description></item>
/// <item><term>PredictedLabel (output)</term><description>Key, with the key values of the label.</description></item>
/// <item><term>Score (output)</term><description>Vector of <see cref="float"/>: the classes' probabilities, in the order of the keys.</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Machine learning task</term><description>Multiclass classification</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: the rows are read once. Cache them where several trainers are to read the same
/// embeddings.</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.Clip</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes: the model is ML.NET's own maximum entropy model</description></item>
/// </list>
/// <para>Scoring function: softmax of W x + b. Minimised is, as in scikit-learn's <c>LogisticRegression</c> with <c>multi_class="multinomial"</c>,
/// C * sum of w_i nll_i + 0.5 * |W|^2 with C = 1 / <see cref="Options.L2Regularization"/>, a sum over rows and not a mean, biases not penalised. The
/// paper's lambda is the same number: OpenAI's example uses C = 0.316, which is lambda = 10^0.5 on the paper's grid. For two classes both have
/// weights; scikit-learn's default for two classes has one vector instead, and equals ours at half our strength.</para>
/// <para>Without <see cref="Options.L2Regularization"/> the strength is searched as in the paper's appendix A.3: on a share of each class
/// (<see cref="Options.ValidationFraction"/>) or on rows passed to <see cref="Fit(IDataView, IDataView)"/>; then the model is fitted once more to
/// training and validation rows together. Where the share would be fewer than 100 rows, which do not tell strengths apart, all rows are judged in turn
/// (cross-validation in 5 folds), and of the strengths that are as good as the best but for chance (half a standard error) the one nearest to
/// a usual one is taken: a tenth of the mean squared distance between the features and their mean. Where most classes have a single row, it is the
/// usual one, with a warning. <see cref="Report"/> and <see cref="GetReport"/> tell all trials.</para>
/// <para>Algorithm: L-BFGS over all rows with a strong Wolfe line search, in variables preconditioned with the features' second moments; float32
/// features, float64 sums. Fewer rows than values are fitted in the space that they span. Where float32 comes to the end of its digits (outliers,
/// rows or columns that nearly depend on each other, regularisation far below the features), Newton's method in float64 goes on. Memory: one copy of
/// the features, and (6 + 2 * history + threads) times the weights. See docs/adr/0004-linear-probe.md.</para>
/// <para>A class without rows gets probability 0, and is warned of. Rows whose features are not finite, such as those of images that could not be read,
/// are skipped with a warning, as ML.NET's trainers do. Constant features get weights of zero. The features need no normalisation and
/// are read once. The trainer may be used from several threads; each <c>Fit</c> works on memory of its own.</para>
/// </remarks>
public sealed partial class ClipLinearProbeTrainer
    : TrainerEstimatorBase<MulticlassPredictionTransformer<MaximumEntropyModelParameters>, MaximumEntropyModelParameters>
{
    private static readonly ConditionalWeakTable<MaximumEntropyModelParameters, ClipLinearProbeReport> Reports = [];

    private readonly Options _options;

    internal ClipLinearProbeTrainer(IHostEnvironment env, string labelColumnName, string featureColumnName, Options options)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(ClipLinearProbeTrainer)),
            TrainerUtils.MakeR4VecFeature(featureColumnName), TrainerUtils.MakeU4ScalarColumn(labelColumnName),
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName))
    {
        _options = options;
        Check(options.L2Regularization is null or (> 0 and < float.PositiveInfinity), nameof(options.L2Regularization), "positive and finite", options.L2Regularization);
        Check(options.ValidationFraction is > 0 and < 1, nameof(options.ValidationFraction), "between 0 and 1", options.ValidationFraction);
        Check(options.MaximumNumberOfIterations > 0, nameof(options.MaximumNumberOfIterations), "positive", options.MaximumNumberOfIterations);
        Check(options.OptimizationTolerance is >= 0 and < 1, nameof(options.OptimizationTolerance), "at least 0 and below 1", options.OptimizationTolerance);
        Check(options.HistorySize > 0, nameof(options.HistorySize), "positive", options.HistorySize);
        Check(options.NumberOfThreads is null or (> 0 and <= Threads.Most), nameof(options.NumberOfThreads), $"1 to {Threads.Most:N0}", options.NumberOfThreads);
        Check(Enum.IsDefined(options.Sweep), nameof(options.Sweep), "one of the enumeration", options.Sweep);
    }

    /// <inheritdoc/>
    public override TrainerInfo Info { get; } = new(normalization: false, caching: false, supportValid: true);

    /// <summary>What happened in the last <c>Fit</c> of this trainer; null before the first. <see cref="GetReport"/> has it by model.</summary>
    public ClipLinearProbeReport? Report { get; private set; }

    private protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    /// <summary>What happened in the <c>Fit</c> that made a model.</summary>
    /// <param name="model">The model, as <c>transformer.Model</c> gives it; made in this process, for reports are not saved.</param>
    /// <returns>The report, or null if the model is not of this trainer and process.</returns>
    /// <exception cref="ArgumentNullException">The model is null.</exception>
    public static ClipLinearProbeReport? GetReport(MaximumEntropyModelParameters model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Reports.TryGetValue(model, out var report) ? report : null;
    }

    /// <summary>Trains on <paramref name="trainData"/>, with the regularisation chosen on <paramref name="validationData"/>.</summary>
    /// <param name="trainData">The rows to learn from.</param>
    /// <param name="validationData">The rows to choose by, with the same columns. After the sweep, the model learns from them as well. If
    /// <see cref="Options.L2Regularization"/> is given, nothing is learned or chosen from them; the report tells their accuracy.</param>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type, or the rows cannot be learned from.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Options.CancellationToken"/> ended it.</exception>
    public MulticlassPredictionTransformer<MaximumEntropyModelParameters> Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(validationData);
        return TrainTransformer(trainData, validationData);
    }

    private protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema)
    {
        bool found = inputSchema.TryFindColumn(LabelColumn.Name, out var label);
        Host.Assert(found);
        var predicted = label.Annotations.Where(x => x.Name == AnnotationUtils.Kinds.KeyValues).Concat(AnnotationUtils.GetTrainerOutputAnnotation());
        return
        [
            new SchemaShape.Column(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
                new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label))),
            new SchemaShape.Column(DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true,
                new SchemaShape(predicted)),
        ];
    }

    private protected override void CheckLabelCompatible(SchemaShape.Column labelCol)
    {
        if (!LabelColumn.IsCompatibleWith(labelCol))
        {
            throw LabelIsNoKey(labelCol.GetTypeString());
        }
    }

    private protected override MaximumEntropyModelParameters TrainModelCore(TrainContext trainContext)
    {
        Host.CheckValue(trainContext, nameof(trainContext));
        using var channel = Host.Start("Training");
        bool sweeps = _options.L2Regularization is null;
        // A stream of its own for the split: reading may draw from the host's as well.
        var random = SeededRandom.Create(_options.Seed ?? Host.Rand.Next());
        var data = Read(channel, trainContext.TrainingSet, trainContext.ValidationSet, splits: sweeps, random);
        var progress = new Action<ClipLinearProbeProgress>(p => Tell(channel, p));
        var settings = new ProbeSettings(_options.NumberOfThreads ?? Environment.ProcessorCount, _options.HistorySize, _options.MaximumNumberOfIterations,
            _options.OptimizationTolerance, CheckAlive);
        var training = new ProbeTraining(data.Present.Length, settings, progress);

        ClipLinearProbeTrial trial;
        FloatBuffer weights;
        int validationRows = data.Validation?.Count ?? 0, folds = sweeps ? 1 : 0;
        if (sweeps)
        {
            var all = ProbeRows.Concatenate(data.Training, data.Validation!);
            IReadOnlyList<ProbeFold> choice = [new ProbeFold(data.Training, data.Validation!)];
            if (trainContext.ValidationSet is null && validationRows < ProbeFold.LeastValidationRows)
            {
                choice = ProbeFold.CrossValidation(all, data.Present.Length, random);
                (folds, validationRows) = (choice.Count, choice.Sum(f => f.Validation.Count));
            }
            var (l2, start) = choice.Count > 0 ? training.Sweep(choice, _options.Sweep, folds > 1 ? UsualStrength(all) : null) : (UsualStrength(all), null);
            if (choice.Count > 0)
            {
                channel.Info("Linear probe: L2Regularization {0:G4} is best on {1} validation rows in {2} folds; fitting training and validation rows together",
                    l2, validationRows, folds);
            }
            else
            {
                channel.Warning("Linear probe: most classes have a single row, so there are none to choose the regularisation by; taking L2Regularization = {0:G4}, "
                    + "a tenth of the mean squared distance between features and their mean. Pass validation rows to Fit, or set L2Regularization, to decide otherwise", l2);
            }
            (trial, weights) = training.Fit(all, l2, start);
        }
        else
        {
            (trial, weights) = training.Fit(data.Training, _options.L2Regularization!.Value, start: null, data.Validation);
        }

        var model = MakeModel(channel, trainContext.TrainingSet, data, weights);
        Report = new ClipLinearProbeReport
        {
            Trials = training.Trials,
            Final = trial,
            TrainingRows = data.Training.Count + (sweeps && folds != 1 ? data.Validation!.Count : 0),
            ValidationRows = validationRows,
            Folds = folds,
            ClassesWithoutRows = data.Absent,
            RowsSkipped = data.Skipped,
        };
        Reports.Add(model, Report);
        return model;
    }

    private protected override MulticlassPredictionTransformer<MaximumEntropyModelParameters> MakeTransformer(MaximumEntropyModelParameters model,
        DataViewSchema trainSchema) =>
        new(Host, model, trainSchema, FeatureColumn.Name, LabelColumn.Name);

    // What is near the best on CLIP's embeddings at a few images a class, in units that do not depend on the features' scale.
    private static double UsualStrength(ProbeRows rows)
    {
        const double Share = 0.1;
        double[] mean = new double[rows.Dimension];
        double squares = 0;
        foreach (var block in rows.Blocks)
        {
            for (int r = 0; r < block.Count; r++)
            {
                var row = block.Features.Span.Slice(r * rows.Stride, rows.Dimension);
                squares += VectorMath.Dot(row, row);
                for (int i = 0; i < mean.Length; i++)
                {
                    mean[i] += row[i];
                }
            }
        }
        double variance = (squares - (mean.Sum(m => m * m) / rows.Count)) / rows.Count;
        return Math.Clamp(Share * variance, RegularizationSweep.Least, RegularizationSweep.Greatest);
    }

    private MaximumEntropyModelParameters MakeModel(IChannel channel, RoleMappedData trainingSet, ProbeData data, FloatBuffer weights)
    {
        int dimension = data.Offset.Length, stride = data.Training.Stride;
        // Far below any logit, so that exp gives 0, and far from where float32 ends.
        const float AbsentBias = -1e30f;
        var rows = new VBuffer<float>[data.Classes];
        float[] biases = new float[data.Classes];
        Array.Fill(biases, AbsentBias);
        Array.Fill(rows, new VBuffer<float>(dimension, new float[dimension]));
        for (int c = 0; c < data.Present.Length; c++)
        {
            var row = weights.Span.Slice(c * stride, dimension);
            double bias = weights.Span[c * stride + dimension];
            for (int i = 0; i < dimension; i++)
            {
                bias -= (double)row[i] * data.Offset[i];
            }
            biases[data.Present[c]] = (float)bias;
            rows[data.Present[c]] = new VBuffer<float>(dimension, row.ToArray());
            if (!float.IsFinite((float)bias) || row.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            {
                throw Host.Except($"The weights are not finite: the values of column '{FeatureColumn.Name}' are too large for single precision. Scale them, for instance with NormalizeMinMax.");
            }
        }
        return new MaximumEntropyModelParameters(Host, rows, biases, data.Classes, dimension, KeyNames(trainingSet.Schema.Label!.Value, data.Classes));
    }

    // Whether nobody has ended this, the context or the caller.
    private void CheckAlive()
    {
        Host.CheckAlive();
        _options.CancellationToken.ThrowIfCancellationRequested();
    }

    private void Tell(IChannel channel, ClipLinearProbeProgress p)
    {
        CheckAlive();
        if (p.Completed is { } trial)
        {
            string accuracy = trial.ValidationAccuracy is { } a ? $", validation accuracy {a:P2}" : "";
            channel.Info("Linear probe: L2Regularization {0:G4}: objective {1:G6} after {2} iterations, {3:F2} s{4}", trial.L2Regularization, trial.Objective,
                trial.Iterations, trial.Duration.TotalSeconds, accuracy);
            if (!trial.Converged)
            {
                string reason = trial.Iterations >= _options.MaximumNumberOfIterations ? $"the iteration limit ({_options.MaximumNumberOfIterations}) was reached"
                    : "the digits of the features, or of weights in single precision, came to their end";
                channel.Warning("Linear probe: with L2Regularization {0:G4} {1} after {2} iterations and before the tolerance; the estimated distance to the minimum is {3:E1} of the objective",
                    trial.L2Regularization, reason, trial.Iterations, p.RelativeGap);
            }
        }
        else
        {
            channel.Trace("Linear probe: L2Regularization {0:G4}, iteration {1}: objective {2:G8}, relative gap {3:E1}", p.L2Regularization, p.Iteration, p.Objective, p.RelativeGap);
        }
        _options.Progress?.Report(p);
    }

    private void Check(bool condition, string name, string expected, object? found)
    {
        if (!condition)
        {
            throw Host.ExceptUserArg(name, $"{name} has to be {expected}, but is {found}.");
        }
    }

    private Exception LabelIsNoKey(string found) =>
        Host.ExceptParam(nameof(LabelColumn), $"The label column '{LabelColumn.Name}' has to be a key of known cardinality, but is {found}. " +
            $"Put ml.Transforms.Conversion.MapValueToKey(\"{LabelColumn.Name}\") before the trainer.");
}
