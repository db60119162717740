using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip;

/// <summary>Reads and writes heads as safetensors files; <see cref="ClipLockedHead.Save"/> says what is in them.</summary>
internal static class HeadFile
{
    private const string Format = "clip-locked-head", Version = "1", LogitScale = "logit_scale", Sharpness = "sharpness", Scale = ".scale";
    private const string Mean = "mean", Anchors = "anchors", Weight = "weight", Bias = "bias", HiddenWeight = "hidden.weight", HiddenBias = "hidden.bias",
        HiddenOutput = "hidden.output";

    private const float Largest = 127;

    // Far above what is ever learned, and small enough that products and their squares stay in float32.
    private const float MostValue = 1e12f;

    // How far from 1 an anchor's length may be that went through 8 bits.
    private const float AnchorTolerance = 0.1f;

    private static readonly string[] Sides = ["image", "text"];

    public static void Write(string path, ClipLockedHead head, ClipLockedStorage storage)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["version"] = Version,
            [LogitScale] = head.LogitScale.ToString("R", CultureInfo.InvariantCulture),
        };
        List<SafetensorsSource> tensors = [];
        foreach (var (name, side) in Sides.Zip([head.Image, head.Text]))
        {
            string prefix = name + ".";
            Vector(prefix + Mean, side.Mean);
            Matrix(prefix + Anchors, side.Anchors);
            Matrix(prefix + Weight, side.Weights);
            Vector(prefix + Bias, side.Bias);
            Matrix(prefix + HiddenWeight, side.HiddenWeights);
            Vector(prefix + HiddenBias, side.HiddenBias);
            Matrix(prefix + HiddenOutput, side.HiddenOutput);
            if (side.Anchors is not null)
            {
                metadata[prefix + Sharpness] = side.Sharpness.ToString("R", CultureInfo.InvariantCulture);
            }
        }
        WholeFile.Write(path, stream => SafetensorsWriter.Write(stream, tensors, metadata));

        void Vector(string name, float[]? values)
        {
            if (values is not null)
            {
                tensors.Add(new(name, [values.Length], stream => WriteFloats(stream, values)));
            }
        }

        void Matrix(string name, FloatMatrix? matrix)
        {
            if (matrix is null)
            {
                return;
            }
            long[] shape = [matrix.Rows, matrix.Columns];
            string type = storage switch
            {
                ClipLockedStorage.Half => SafetensorsHeader.Float16,
                ClipLockedStorage.Int8 => SafetensorsHeader.Int8,
                _ =>
                SafetensorsHeader.Float32
            };
            tensors.Add(new(name, shape, stream => WriteRows(stream, matrix, storage), type));
            if (storage == ClipLockedStorage.Int8)
            {
                Vector(name + Scale, [.. Enumerable.Range(0, matrix.Rows).Select(r => ScaleOf(matrix[r]))]);
            }
        }
    }

    /// <exception cref="InvalidDataException">It holds no head.</exception>
    public static ClipLockedHead Read(Stream stream, string path)
    {
        try
        {
            var header = SafetensorsHeader.Read(stream, path);
            if (header.Metadata.GetValueOrDefault("format") != Format || header.Metadata.GetValueOrDefault("version") != Version)
            {
                throw new InvalidDataException($"its metadata say 'format' {Shown("format")} and 'version' {Shown("version")}; expected '{Format}' and '{Version}'");
            }
            var entries = header.Entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
            float scale = Number(header, LogitScale, ClipLockedHead.MostLogitScale, ClipLockedHead.LeastLogitScale);
            var sides = Sides.Select(name => ReadSide(stream, header, entries, name + ".")).ToArray();
            return entries.Keys.FirstOrDefault() is not { } unknown ? new ClipLockedHead(sides[0], sides[1], scale)
                : throw new InvalidDataException($"it has a tensor '{unknown}', which no head of version {Version} has");

            string Shown(string key) => header.Metadata.TryGetValue(key, out string? text) ? $"'{ClipException.Shown(text)}'" : "nothing";
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"The file {path} is not a readable head: {e.Message.TrimEnd('.')}.", e);
        }
    }

    // What has been read is taken out of the entries.
    private static HeadSide ReadSide(Stream stream, SafetensorsHeader header, Dictionary<string, SafetensorsEntry> entries, string prefix)
    {
        float[] mean = ReadVector(Mean, null) ?? throw new InvalidDataException($"it has no tensor '{prefix}{Mean}'");
        var anchors = ReadMatrix(Anchors, null, mean.Length);
        int inner = anchors?.Rows ?? mean.Length;
        var weights = ReadMatrix(Weight, inner, null);
        int dimension = weights?.Columns ?? inner;
        float[]? bias = ReadVector(Bias, dimension);
        var hidden = ReadMatrix(HiddenWeight, inner, null);
        float[]? hiddenBias = ReadVector(HiddenBias, hidden?.Columns ?? 0);
        var output = ReadMatrix(HiddenOutput, hidden?.Columns ?? 0, dimension);
        if (hidden is null != output is null)
        {
            throw new InvalidDataException($"it has '{prefix}{(hidden is null ? HiddenOutput : HiddenWeight)}' without '{prefix}{(hidden is null ? HiddenWeight : HiddenOutput)}'");
        }
        for (int r = 0; r < (anchors?.Rows ?? 0); r++)
        {
            float length = TensorPrimitives.Norm<float>(anchors![r]);
            if (!(MathF.Abs(length - 1) <= AnchorTolerance))
            {
                throw new InvalidDataException($"row {r} of '{prefix}{Anchors}' has the length {length}; expected unit vectors");
            }
        }
        return new HeadSide
        {
            Mean = mean,
            Anchors = anchors,
            Sharpness = anchors is null ? 0 : Number(header, prefix + Sharpness, HeadSide.MostSharpness),
            Weights = weights,
            Bias = bias,
            HiddenWeights = hidden,
            HiddenBias = hiddenBias,
            HiddenOutput = output,
        };

        float[]? ReadVector(string name, int? length)
        {
            if (!entries.Remove(prefix + name, out var entry))
            {
                return null;
            }
            if (entry.Type != SafetensorsHeader.Float32 || entry.Shape is not [> 0 and <= HeadSide.MostFeatures]
                || (length is { } wanted && entry.Shape[0] != wanted))
            {
                throw new InvalidDataException($"the tensor {entry} must be F32 [{(length is { } n ? n : $"1 to {HeadSide.MostFeatures}")}]");
            }
            return Floats(stream, entry);
        }

        FloatMatrix? ReadMatrix(string name, int? rows, int? columns)
        {
            if (!entries.Remove(prefix + name, out var entry))
            {
                return null;
            }
            if (entry.Shape is not [> 0 and <= HeadSide.MostAnchors, > 0 and <= HeadSide.MostFeatures]
                || (rows is { } r && entry.Shape[0] != r) || (columns is { } c && entry.Shape[1] != c) || entry.Shape[0] * entry.Shape[1] > int.MaxValue / 2)
            {
                throw new InvalidDataException($"the tensor {entry} must be [{rows?.ToString(CultureInfo.InvariantCulture) ?? "rows"}, {columns?.ToString(CultureInfo.InvariantCulture) ?? "columns"}]");
            }
            float[] values = Floats(stream, entry);
            int height = (int)entry.Shape[0], width = (int)entry.Shape[1];
            if (entry.Type == SafetensorsHeader.Int8)
            {
                if (!entries.Remove(prefix + name + Scale, out var scale) || scale.Type != SafetensorsHeader.Float32 || scale.Shape is not [var count]
                    || count != height)
                {
                    throw new InvalidDataException($"the tensor {entry} has no scales '{prefix}{name}{Scale}' of F32 [{height}] beside it");
                }
                float[] scales = Floats(stream, scale);
                for (int row = 0; row < height; row++)
                {
                    var part = values.AsSpan(row * width, width);
                    TensorPrimitives.Multiply(part, scales[row], part);
                }
                RequireFinite(values, entry);
            }
            return FloatMatrix.Of(values, height);
        }
    }

    private static float Number(SafetensorsHeader header, string key, float most, float least = 0) =>
        header.Metadata.TryGetValue(key, out string? text) && float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            && value > 0 && value >= least && value <= most ? value
            : throw new InvalidDataException($"its metadata have {(text is null ? "no" : $"'{ClipException.Shown(text)}' as")} '{key}'; expected a number {(least > 0 ? string.Create(CultureInfo.InvariantCulture, $"of at least {least:G3}") : "above 0")}, at most {most:G3}");

    private static float[] Floats(Stream stream, SafetensorsEntry entry)
    {
        byte[] bytes = new byte[entry.End - entry.Begin];
        stream.Position = entry.Begin;
        stream.ReadExactly(bytes);
        float[] values = new float[(int)entry.Shape.Aggregate(1L, (a, b) => a * b)];
        switch (entry.Type)
        {
            case SafetensorsHeader.Float32:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
                }
                break;
            case SafetensorsHeader.Float16:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(i * sizeof(short)));
                }
                break;
            case SafetensorsHeader.Int8:
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (sbyte)bytes[i];
                }
                break;
            default:
                throw new InvalidDataException($"the tensor {entry} must be F32, F16 or I8");
        }
        RequireFinite(values, entry);
        return values;
    }

    private static void RequireFinite(float[] values, SafetensorsEntry entry)
    {
        int bad = Array.FindIndex(values, v => !(MathF.Abs(v) <= MostValue));
        if (bad >= 0)
        {
            throw new InvalidDataException($"value {bad} of the tensor {entry} is {values[bad]}; expected finite numbers, at most {MostValue:G3}");
        }
    }

    private static float ScaleOf(ReadOnlySpan<float> row) => Math.Max(TensorPrimitives.MaxMagnitude(row) is var most ? Math.Abs(most) / Largest : 0,
        float.Epsilon);

    private static void WriteRows(Stream stream, FloatMatrix matrix, ClipLockedStorage storage)
    {
        for (int r = 0; r < matrix.Rows; r++)
        {
            var row = matrix[r];
            switch (storage)
            {
                case ClipLockedStorage.Half:
                    byte[] halves = new byte[row.Length * sizeof(short)];
                    for (int i = 0; i < row.Length; i++)
                    {
                        BinaryPrimitives.WriteHalfLittleEndian(halves.AsSpan(i * sizeof(short)),
                            (Half)Math.Clamp(row[i], (float)Half.MinValue, (float)Half.MaxValue));
                    }
                    stream.Write(halves);
                    break;
                case ClipLockedStorage.Int8:
                    float scale = ScaleOf(row);
                    sbyte[] bytes = new sbyte[row.Length];
                    for (int i = 0; i < row.Length; i++)
                    {
                        bytes[i] = (sbyte)Math.Clamp(MathF.Round(row[i] / scale), -Largest, Largest);
                    }
                    stream.Write(MemoryMarshal.AsBytes(bytes.AsSpan()));
                    break;
                default:
                    WriteFloats(stream, row);
                    break;
            }
        }
    }

    private static void WriteFloats(Stream stream, ReadOnlySpan<float> values) => stream.Write(DraftData.Of(values));
}
