// Loads a saved model in a process that has done nothing else, applies it to a column of texts, and prints a vector column, one row a line.
// Nothing of Microsoft.ML.Clip is named here: ML.NET has to find it by what the model file says.
//
//   Microsoft.ML.Clip.FreshProcess MODEL.zip INPUT-COLUMN OUTPUT-COLUMN VALUE...

using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

if (args.Length < 4)
{
    Console.Error.WriteLine("usage: MODEL.zip INPUT-COLUMN OUTPUT-COLUMN VALUE...");
    return 2;
}

var ml = new MLContext();
ITransformer model = ml.Model.Load(args[0], out _);

var schema = SchemaDefinition.Create(typeof(Row));
schema[nameof(Row.Value)].ColumnName = args[1];
IDataView input = ml.Data.LoadFromEnumerable(args[3..].Select(v => new Row { Value = v }), schema);
foreach (var row in model.Transform(input).GetColumn<float[]>(args[2]))
    Console.WriteLine(string.Join(' ', row.Select(v => v.ToString("R", CultureInfo.InvariantCulture))));
return 0;

internal sealed class Row
{
    public string Value { get; set; } = "";
}
