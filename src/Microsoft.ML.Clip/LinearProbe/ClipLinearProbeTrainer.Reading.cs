using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

public sealed partial class ClipLinearProbeTrainer
{
    // Each has weights and a name, with rows or without. Beyond these, keys are somebody's numbers and not classes.
    private const int MostClasses = 1_000_000;

    private ProbeData Read(IChannel channel, RoleMappedData trainingSet, RoleMappedData? validationSet, bool splits, Random random)
    {
        var label = trainingSet.Schema.Label!.Value;
        int dimension = CheckColumns(trainingSet.Schema);
        int classes = checked((int)label.Type.GetKeyCount());
        if (validationSet is not null)
        {
            CheckSame(trainingSet.Schema, validationSet.Schema);
        }

        bool weighted = trainingSet.Schema.Weight is not null;
        long expected = trainingSet.Data.GetRowCount() ?? 0, expectedInValidation = validationSet?.Data.GetRowCount() ?? 0;
        if (splits && validationSet is null)
        {
            expectedInValidation = (long)(expected * _options.ValidationFraction);
            expected -= expectedInValidation;
        }
        var training = new ProbeRows(dimension, weighted, expected);
        var validation = splits || validationSet is not null ? new ProbeRows(dimension, weighted, expectedInValidation) : null;
        var splitter = splits && validationSet is null ? new StratifiedSplitter(classes, _options.ValidationFraction, random) : null;
        var shift = new FeatureShift(dimension);
        var read = ReadRows(channel, trainingSet, shift, c => splitter is not null && splitter.IsValidation(c) ? validation! : training);
        if (training.Count == 0)
        {
            throw Host.Except($"There are no rows to learn from: the training data have {read.WhyNone(trainingSet.Schema)}.");
        }
        int skipped = read.Skipped;
        if (validationSet is not null)
        {
            var readToChoose = ReadRows(channel, validationSet, shift, _ => validation!);
            skipped += readToChoose.Skipped;
            if (validation is { Count: 0 })
            {
                throw Host.Except($"There are no rows to choose by: the validation data have {readToChoose.WhyNone(validationSet.Schema)}. Without validation data, Fit chooses by some of the training rows.");
            }
        }

        var data = new ProbeData(training, validation, classes, shift.Offset, skipped);
        if (data.Present.Length < 2)
        {
            throw Host.Except($"All rows are of one class, {NameOf(label, data.Present[0], classes)}: there is nothing to tell apart.");
        }
        if (data.Absent.Length > 0)
        {
            channel.Warning("Linear probe: {0} of {1} classes have no rows and get probability 0: {2}", data.Absent.Length, classes,
                string.Join(", ", data.Absent.Take(10).Select(c => NameOf(label, c, classes))) + (data.Absent.Length > 10 ? ", ..." : ""));
        }
        return data;
    }

    private RowsRead ReadRows(IChannel channel, RoleMappedData data, FeatureShift shift, Func<int, ProbeRows> target)
    {
        var (features, label, weight) = (data.Schema.Feature!.Value, data.Schema.Label!.Value, data.Schema.Weight);
        DataViewSchema.Column[] columns = weight is { } w ? [features, label, w] : [features, label];
        using var cursor = data.Data.GetRowCursor(columns);
        var getFeatures = cursor.GetGetter<VBuffer<float>>(features);
        var getLabel = cursor.GetGetter<uint>(label);
        var getWeight = weight is { } weightColumn ? cursor.GetGetter<float>(weightColumn) : null;
        VBuffer<float> values = default;
        uint key = 0;
        float weightValue = 1;
        int withoutLabel = 0, notFinite = 0;
        string? first = null;
        long rowCount = 0;
        double total = 0;
        while (cursor.MoveNext())
        {
            CheckAlive();
            rowCount++;
            getLabel(ref key);
            if (key == 0)
            {
                withoutLabel++;
                continue;
            }
            getWeight?.Invoke(ref weightValue);
            if (!(weightValue >= 0) || float.IsInfinity(weightValue))
            {
                throw BadRow(cursor.Position, weight!.Value.Name, $"the weight has to be 0 or more and finite, but is {weightValue}.");
            }
            total += weightValue;
            if (weightValue == 0)
            {
                continue;
            }
            getFeatures(ref values);
            if (values.Length != features.Type.GetVectorSize())
            {
                throw BadRow(cursor.Position, features.Name, $"the vector has {values.Length} values; {features.Type.GetVectorSize()} were expected.");
            }
            if (FindNotFinite(values) is { } found)
            {
                notFinite++;
                first ??= $"row {cursor.Position} (counted from 0), where value {found.Index} is {found.Value}";
                continue;
            }
            var rows = target((int)key - 1);
            values.CopyTo(rows.Add((int)key - 1, weightValue));
            shift.Apply(rows);
        }
        if (rowCount > withoutLabel && getWeight is not null && total == 0)
        {
            throw Host.Except($"All weights in column '{weight!.Value.Name}' are 0: there are no rows to learn from.");
        }
        if (withoutLabel > 0)
        {
            channel.Warning("Linear probe: {0} rows have no label and were skipped", withoutLabel);
        }
        if (notFinite > 0)
        {
            // As ML.NET's own trainers do; images that could not be read come as such rows.
            channel.Warning("Linear probe: {0} rows were skipped because their features in column '{1}' are not finite; the first is {2}", notFinite, features.Name, first!);
        }
        return new RowsRead(rowCount, withoutLabel, notFinite);
    }

    private static (int Index, float Value)? FindNotFinite(in VBuffer<float> values)
    {
        var span = values.GetValues();
        // One sum tells it for nearly every row; it also overflows where the values are finite but huge.
        if (float.IsFinite(TensorPrimitives.SumOfSquares(span)))
        {
            return null;
        }
        int index = span.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return index < 0 ? null : (values.IsDense ? index : values.GetIndices()[index], span[index]);
    }

    private Exception BadRow(long row, string column, string message) => RowErrors.Wrap(Host, row, column, new ClipRowException(message));

    private int CheckColumns(RoleMappedSchema schema)
    {
        if (schema.Label!.Value is var label && (label.Type is not KeyDataViewType key || key.RawType != typeof(uint) || key.Count > int.MaxValue))
        {
            throw LabelIsNoKey($"{label.Type}");
        }
        if (label.Type.GetKeyCount() > MostClasses)
        {
            throw Host.ExceptParam(nameof(LabelColumn), $"The key of the label column '{label.Name}' has {label.Type.GetKeyCount():N0} values; expected at most {MostClasses:N0}, as each is a class of the model. "
                + "MapValueToKey makes keys of the labels that there are.");
        }
        if (schema.Feature!.Value is var features && (features.Type is not VectorDataViewType { ItemType: NumberDataViewType item } vector
            || item != NumberDataViewType.Single || vector.Size == 0))
        {
            throw Host.ExceptParam(nameof(FeatureColumn), $"The feature column '{features.Name}' has to be a vector of Single of known size, the same in every row, but is {features.Type}.");
        }
        if (schema.Weight is { } weight && weight.Type != NumberDataViewType.Single)
        {
            throw Host.ExceptParam(nameof(WeightColumn), $"The weight column '{weight.Name}' has to be Single, but is {weight.Type}.");
        }
        return features.Type.GetVectorSize();
    }

    // A key is a number: the same number has to mean the same class on both sides.
    private void CheckSame(RoleMappedSchema training, RoleMappedSchema validation)
    {
        CheckColumns(validation);
        var (a, b) = (training.Label!.Value, validation.Label!.Value);
        int size = training.Feature!.Value.Type.GetVectorSize(), found = validation.Feature!.Value.Type.GetVectorSize();
        if (size != found)
        {
            throw Host.Except($"The feature column '{validation.Feature.Value.Name}' has {size} values in the training rows, but {found} in the validation rows.");
        }
        int classes = (int)a.Type.GetKeyCount();
        string[]? names = KeyNames(a, classes), others = KeyNames(b, (int)b.Type.GetKeyCount());
        if (a.Type.GetKeyCount() != b.Type.GetKeyCount() || (names is not null && others is not null && !names.SequenceEqual(others)))
        {
            throw Host.Except($"The keys of label column '{a.Name}' mean other classes in the validation rows than in the training rows. Fit MapValueToKey to the training rows and apply it to both.");
        }
    }

    private static string NameOf(DataViewSchema.Column label, int index, int classes) => KeyNames(label, classes) is { } names ? $"'{names[index]}'" : $"key {index + 1}";

    // The classes' names, if the keys have some and they differ; what the saved model's summary shows.
    private static string[]? KeyNames(DataViewSchema.Column label, int classes)
    {
        if (label.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type is not VectorDataViewType { ItemType: TextDataViewType } type
            || type.Size != classes)
        {
            return null;
        }
        VBuffer<ReadOnlyMemory<char>> values = default;
        label.GetKeyValues(ref values);
        string[] names = [.. values.DenseValues().Select(v => v.ToString())];
        return names.Any(string.IsNullOrEmpty) || names.Distinct().Count() < names.Length ? null : names;
    }

    /// <summary>What became of the rows of a view.</summary>
    private readonly record struct RowsRead(long Rows, int WithoutLabel, int NotFinite)
    {
        public int Skipped => WithoutLabel + NotFinite;

        /// <summary>Says why no row is left, to follow "the data have".</summary>
        public string WhyNone(RoleMappedSchema schema)
        {
            if (Rows == 0)
            {
                return "none";
            }
            string[] reasons =
            [
                WithoutLabel == 0 ? "" : $"{WithoutLabel} without a label in column '{schema.Label!.Value.Name}'",
                NotFinite == 0 ? "" : $"{NotFinite} with values in column '{schema.Feature!.Value.Name}' that are not finite",
                Rows == Skipped ? "" : $"{Rows - Skipped} of weight 0",
            ];
            return $"{Rows}, of which all were skipped: {string.Join(", ", reasons.Where(r => r.Length > 0))}";
        }
    }
}
