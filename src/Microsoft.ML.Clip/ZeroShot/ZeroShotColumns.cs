using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>The columns that zero-shot classification reads and adds, annotated as ML.NET's multiclass trainers annotate theirs.</summary>
internal static class ZeroShotColumns
{
    public const int Score = 0;
    public const int PredictedLabel = 1;
    public const int Cosine = 2;

    private const string Expected = "an embedding (a vector of Single) or " + ImageColumn.Expected;

    public static void CheckInput(IExceptionContext host, DataViewSchema.Column column, int dimension)
    {
        if (ImageColumn.IsImage(column.Type))
        {
            return;
        }
        if (column.Type is not VectorDataViewType { ItemType: NumberDataViewType itemType } vector || itemType != NumberDataViewType.Single)
        {
            throw ColumnChecks.WrongType(host, column.Name, Expected, column.Type.ToString());
        }
        if (vector.IsKnownSize && vector.Size != dimension)
        {
            throw ColumnChecks.WrongType(host, column.Name, $"a joint embedding of {dimension} values", $"a vector of {vector.Size}; were encoder features taken (ClipFeatures.Encoder), or another model's");
        }
    }

    public static void CheckInput(IExceptionContext host, SchemaShape.Column column)
    {
        bool isVector = column.Kind != SchemaShape.Column.VectorKind.Scalar && column.ItemType == NumberDataViewType.Single;
        if (!isVector && !ImageColumn.IsImage(column))
        {
            throw ColumnChecks.WrongType(host, column.Name, Expected, column.GetTypeString());
        }
    }

    public static SchemaShape AddTo(SchemaShape input, ZeroShotNames names)
    {
        var columns = input.ToDictionary(c => c.Name);
        columns[names.Score] = new SchemaShape.Column(names.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
            Annotations(AnnotationUtils.GetTrainerOutputAnnotation(), AnnotationUtils.Kinds.SlotNames, AnnotationUtils.Kinds.TrainingLabelValues));
        columns[names.PredictedLabel] = new SchemaShape.Column(names.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true,
            Annotations(AnnotationUtils.GetTrainerOutputAnnotation(), AnnotationUtils.Kinds.KeyValues));
        if (names.Cosine is { } cosine)
        {
            columns[cosine] = new SchemaShape.Column(cosine, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false,
                Annotations([], AnnotationUtils.Kinds.SlotNames));
        }
        return ErrorColumn.AddTo(new SchemaShape(columns.Values), names.Error);

        static SchemaShape Annotations(IEnumerable<SchemaShape.Column> others, params ReadOnlySpan<string> texts)
        {
            var columns = new List<SchemaShape.Column>(others);
            foreach (string kind in texts)
            {
                columns.Add(new SchemaShape.Column(kind, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false));
            }
            return new SchemaShape(columns);
        }
    }

    public static DataViewSchema.DetachedColumn[] Create(DataViewSchema input, ZeroShotNames names, IReadOnlyList<string> labels)
    {
        ReadOnlyMemory<char>[] texts = [.. labels.Select(l => l.AsMemory())];
        uint setId = input.GetMaxAnnotationKind(out _, AnnotationUtils.Kinds.ScoreColumnSetId) + 1;
        var scoreAnnotations = Annotations(AnnotationUtils.Const.ScoreValueKind.Score);
        scoreAnnotations.AddTexts(AnnotationUtils.Kinds.SlotNames, texts);
        scoreAnnotations.AddTexts(AnnotationUtils.Kinds.TrainingLabelValues, texts);
        var labelAnnotations = Annotations(AnnotationUtils.Const.ScoreValueKind.PredictedLabel);
        labelAnnotations.AddTexts(AnnotationUtils.Kinds.KeyValues, texts);
        // Not a score: evaluators would not know which to take.
        var cosineAnnotations = new DataViewSchema.Annotations.Builder();
        cosineAnnotations.AddTexts(AnnotationUtils.Kinds.SlotNames, texts);
        var vector = new VectorDataViewType(NumberDataViewType.Single, labels.Count);
        return
        [
            new(names.Score, vector, scoreAnnotations.ToAnnotations()),
            new(names.PredictedLabel, new KeyDataViewType(typeof(uint), (ulong)labels.Count), labelAnnotations.ToAnnotations()),
            .. names.Cosine is { } cosine ? (DataViewSchema.DetachedColumn[])[new(cosine, vector, cosineAnnotations.ToAnnotations())] : [],
        ];

        DataViewSchema.Annotations.Builder Annotations(string valueKind)
        {
            var builder = new DataViewSchema.Annotations.Builder();
            builder.Add(AnnotationUtils.Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint value) => value = setId);
            AddText(builder, AnnotationUtils.Kinds.ScoreColumnKind, AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification);
            AddText(builder, AnnotationUtils.Kinds.ScoreValueKind, valueKind);
            return builder;
        }

        static void AddText(DataViewSchema.Annotations.Builder builder, string kind, string text) =>
            builder.Add(kind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = text.AsMemory());
    }

    /// <summary>The getter of a column from rows of scores, behind which cosines stand if the column or a minimum needs them.</summary>
    public static Delegate MakeGetter(int column, RowOutputs.RowValues values, ClipZeroShotClassifier classifier)
    {
        int classes = classifier.Labels.Count;
        return column switch
        {
            Score => VectorColumn.MakeGetter(() => values()[..classes]),
            Cosine => VectorColumn.MakeGetter(() => values()[classes..]),
            _ => (ValueGetter<uint>)((ref uint key) => key = ToKey(values(), classifier)),
        };
    }

    // Keys count from 1; 0 is missing. Of equal scores the first wins.
    private static uint ToKey(ReadOnlySpan<float> row, ClipZeroShotClassifier classifier)
    {
        int classes = classifier.Labels.Count;
        if (float.IsNaN(row[0]))
        {
            return 0;
        }
        int best = TensorPrimitives.IndexOfMax(row[..classes]);
        return row.Length > classes && classifier.IsNone(row[classes + best]) ? 0 : (uint)best + 1;
    }

    /// <summary>
    /// Says what is wrong with labels that keys are to be made of. ML.NET would leave out the second of two equal ones, and number those behind it anew.
    /// </summary>
    public static void CheckKeys(IReadOnlyList<string> labels) => ClipZeroShotClassifier.CheckLabels(labels, allowRepeated: false,
        ", as a name cannot tell which is meant. Map what does, such as the classes' ids, with MapValueToKey and keyData in the order of the labels.");

    /// <summary>
    /// Evaluators compare the label's key with the score's slot by number. Keys that ML.NET gave in the order of occurrence would be compared with
    /// the wrong classes, and nothing would say so. Any column may be the label.
    /// </summary>
    /// <returns>The columns of such keys, with a warning for each.</returns>
    public static IEnumerable<string> OtherKeys(DataViewSchema schema, IReadOnlyList<string> labels)
    {
        foreach (var column in schema.Where(c => !c.IsHidden && MayBeLabel(c)))
        {
            VBuffer<ReadOnlyMemory<char>> keys = default;
            column.GetKeyValues(ref keys);
            string[] names = [.. keys.DenseValues().Select(k => k.ToString())];
            if (!names.SequenceEqual(labels) && names.Intersect(labels).Any())
            {
                yield return $"The keys of column '{column.Name}' are in another order than the zero-shot labels, so evaluating one against the other would "
                    + $"compare different classes: the keys start with '{names[0]}', the labels with '{labels[0]}'. Map the labels with ClipLabelKey instead.";
            }
        }
    }

    // What another classifier predicted is not compared with our scores.
    private static bool MayBeLabel(DataViewSchema.Column column) => column.Type is KeyDataViewType && column.HasKeyValues()
        && column.Annotations.Schema[AnnotationUtils.Kinds.KeyValues].Type is VectorDataViewType { ItemType: TextDataViewType }
        && column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnSetId) is null;
}

/// <summary>What the columns that zero-shot classification adds are called; null for those that are not asked for.</summary>
internal sealed record ZeroShotNames(string Score, string PredictedLabel, string? Cosine, string? Error)
{
    public static ZeroShotNames Of(ClipZeroShotOptions options) =>
        new(options.ScoreColumnName, options.PredictedLabelColumnName, options.CosineColumnName, options.ErrorColumnName);

    public void Check(IExceptionContext host)
    {
        host.CheckNonEmpty(Score, nameof(ClipZeroShotOptions.ScoreColumnName));
        host.CheckNonEmpty(PredictedLabel, nameof(ClipZeroShotOptions.PredictedLabelColumnName));
        const string option = nameof(ClipZeroShotOptions.CosineColumnName);
        host.CheckUserArg(Cosine is null || !string.IsNullOrWhiteSpace(Cosine), option, "must be the name of a column, or null for none");
        if (Cosine == Score || Cosine == PredictedLabel)
        {
            throw host.ExceptUserArg(option, $"'{Cosine}' is the name of another output of the step");
        }
        ErrorColumn.CheckName(host, Error, Cosine is null ? [Score, PredictedLabel] : [Score, PredictedLabel, Cosine]);
    }
}
