using System.Buffers;
using System.Buffers.Binary;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>What a decoder of the application's own gives, of which nothing is believed: the input says what it does.</summary>
internal static class UserDecoderReader
{
    private const int Edge = 12;

    private const long MostPixels = 1 << 14, MostMemory = 1 << 16;

    private static readonly byte[][] Starts = [[.. "II*\0"u8], [.. "\0\0\0\x1cftypheic"u8], [.. "\x89PNG\r\n\x1a\n"u8], [.. "\xff\xd8\xff"u8], [.. "anything"u8], []];

    private static readonly ScriptedDecoder Decoder = new();

    private static readonly string Path = System.IO.Path.Combine(Inputs.Folder, "image");

    private static readonly ClipImagePreprocessorOptions Small = new() { MaximumPixels = MostPixels, MaximumDecodingMemory = MostMemory, Decoder = Decoder };

    private static readonly ClipImagePreprocessor[] Preprocessors =
    [
        ClipImagePreprocessor.Create(Edge, Small with { Convention = ClipImageConvention.HuggingFace, ApplyExifOrientation = true }),
        ClipImagePreprocessor.Create(Edge, Small with { Convention = ClipImageConvention.OpenAI }),
    ];

    public static Reader All { get; } = new("user-decoder", new ByteFormat(), Seeds, Read)
    {
        Sources = ["Microsoft.ML.Clip/Imaging/UserDecoding/"],
        IsDocumented = e => e is ClipImageException or OperationCanceledException { Message: Script.Cancelled },
        Share = 20_000,
        MaximumLength = Script.Length + (1 << 14),
    };

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (var way in Enum.GetValues<Way>())
        {
            yield return Script.Write(new() { Way = way, Width = 5, Height = 3 });
            yield return Script.Write(new() { Way = way, Width = 5, Height = 3, Told = (5, 3), Owns = true });
            yield return Script.Write(new() { Way = way, Width = 9, Height = 20, HasAlpha = true, Stride = 40, Orientation = 6, Told = (20, 9) });
        }
        foreach (var act in Enum.GetValues<Act>())
        {
            yield return Script.Write(new() { Act = act, Width = 4, Height = 4, Told = (4, 4), Owns = true });
        }
        yield return Script.Write(new() { Width = 100, Height = 50, Told = (100, 50), PerPixel = 4 });
        yield return Script.Write(new() { Width = int.MaxValue, Height = int.MaxValue, Stride = int.MaxValue, HasAlpha = true });
    }

    private static void Read(byte[] input)
    {
        var script = Script.Parse(input);
        foreach (var preprocessor in Preprocessors)
        {
            float[] values = Run(preprocessor, script);
            Inputs.Require(script.IsRight, "What makes no sense was taken.");
            // The same pixels without anything between their rows.
            var packed = script with { Way = Way.Bytes, Act = Act.Decode, Told = null, Owns = false, Stride = null, Pixels = Packed(script) };
            float[] plain = Run(preprocessor, packed);
            Inputs.Require(values.AsSpan().SequenceEqual(plain), "The stride, or the way in, changed the picture.");
        }
    }

    private static float[] Run(ClipImagePreprocessor preprocessor, Script script)
    {
        float[] values = new float[preprocessor.PixelValueCount];
        Array.Fill(values, float.NaN);
        Decoder.Begin(script);
        byte[] file = [.. Starts[script.Start % Starts.Length], .. script.Pixels];
        try
        {
            switch (script.Way)
            {
                case Way.File:
                    File.WriteAllBytes(Path, file);
                    preprocessor.PreprocessFile(Path, values);
                    break;
                case Way.Stream:
                    preprocessor.PreprocessStream(new MemoryStream(file), values);
                    break;
                default:
                    preprocessor.PreprocessEncoded(file, values);
                    break;
            }
        }
        finally
        {
            Decoder.End();
            // Whatever became of it, all memory is free again: an image of unknown size takes all of it, and would wait for ever.
            Decoder.Begin(new() { Width = 2, Height = 2, Pixels = new byte[12] });
            preprocessor.PreprocessEncoded("II*\0"u8, new float[preprocessor.PixelValueCount]);
        }
        Inputs.Require(!values.Any(float.IsNaN), "Not every value was written.");
        Inputs.Require(values.All(v => v is > -3 and < 3), "A value is beyond those of white and black.");
        return values;
    }

    private static byte[] Packed(Script script)
    {
        int row = script.Width * (script.HasAlpha ? 4 : 3), stride = script.Stride ?? row;
        return [.. Enumerable.Range(0, script.Height).SelectMany(y => script.Pixels.AsSpan(y * stride, row).ToArray())];
    }

    private enum Way
    {
        Bytes,
        File,
        Stream,
    }

    private enum Act
    {
        Decode,
        GiveNull,
        FailToSay,
        FailToMeasure,
        FailToCount,
        FailToDecode,
        FailWithOurs,
        FailToFree,
        Cancel,
        ShrinkMemory,
        LoseMemory,
        RunOutOfMemory,
    }

    /// <summary>What the decoder does.</summary>
    private sealed record Script
    {
        public const int Length = 32;

        public const string Cancelled = "the decoder was cancelled";

        public Way Way { get; init; }

        public Act Act { get; init; }

        public int Start { get; init; }

        public int Width { get; init; }

        public int Height { get; init; }

        public bool HasAlpha { get; init; }

        public int? Stride { get; init; }

        public int Orientation { get; init; } = 1;

        public (int Width, int Height)? Told { get; init; }

        public bool Owns { get; init; }

        public int PerPixel { get; init; } = 16;

        public byte[] Pixels { get; init; } = [];

        /// <summary>Whether all numbers go together, as what is taken has to be.</summary>
        public bool IsRight
        {
            get
            {
                long row = (long)Width * (HasAlpha ? 4 : 3), stride = Stride ?? row;
                return Width > 0 && Height > 0 && (long)Width * Height <= MostPixels && Orientation is >= 1 and <= 8 && stride >= row
                    && (stride * (Height - 1)) + row <= Pixels.Length && (Act is Act.Decode or Act.ShrinkMemory || (Act == Act.FailToFree && !Owns));
            }
        }

        public static byte[] Write(Script script)
        {
            byte[] bytes = new byte[Length];
            bytes[0] = (byte)((script.HasAlpha ? 1 : 0) | (script.Stride is null ? 0 : 2) | (script.Told is null ? 0 : 4) | (script.Owns ? 8 : 0));
            (bytes[1], bytes[2], bytes[3]) = ((byte)script.Act, (byte)script.Orientation, (byte)((int)script.Way | (script.Start << 4)));
            int[] numbers = [script.Width, script.Height, script.Stride ?? 0, script.Told?.Width ?? 0, script.Told?.Height ?? 0, script.PerPixel];
            for (int i = 0; i < numbers.Length; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 + (4 * i)), numbers[i]);
            }
            long pixels = script.Width > 1000 ? 100 : (long)script.Height * (script.Stride ?? (script.Width * (script.HasAlpha ? 4 : 3)));
            return [.. bytes, .. Enumerable.Range(0, (int)pixels).Select(i => (byte)(i * 7))];
        }

        public static Script Parse(byte[] input)
        {
            byte[] bytes = input.Length >= Length ? input : [.. input, .. new byte[Length - input.Length]];
            int Number(int i) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4 + (4 * i)));
            return new()
            {
                HasAlpha = (bytes[0] & 1) != 0,
                Stride = (bytes[0] & 2) != 0 ? Number(2) : null,
                Told = (bytes[0] & 4) != 0 ? (Number(3), Number(4)) : null,
                Owns = (bytes[0] & 8) != 0,
                Act = (Act)(bytes[1] % Enum.GetValues<Act>().Length),
                Orientation = (sbyte)bytes[2],
                Way = (Way)(bytes[3] % 16 % Enum.GetValues<Way>().Length),
                Start = bytes[3] >> 4,
                Width = Number(0),
                Height = Number(1),
                PerPixel = Number(5),
                Pixels = bytes[Length..],
            };
        }
    }

    private sealed class ScriptedDecoder : ClipImageDecoder
    {
        private Script _script = new();
        private bool _hasGiven, _wasMisled;
        private int _freed;

        public override int BytesPerPixel => _script.Act == Act.FailToCount ? throw new ArithmeticException("no count") : _script.PerPixel;

        public void Begin(Script script) => (_script, _hasGiven, _wasMisled, _freed) = (script, false, false, 0);

        // What is thrown in the decoder itself would be the image's error.
        public void End()
        {
            Inputs.Require(_freed == (_hasGiven && _script.Owns ? 1 : 0), $"The owner of the pixels was disposed {_freed} times.");
            Inputs.Require(!_wasMisled, "The decoder was told limits that are none.");
        }

        public override bool Decodes(string? format, bool isBuiltIn) => _script.Act == Act.FailToSay ? throw new NotSupportedException("no answer") : true;

        public override (int Width, int Height)? ReadSize(ClipEncodedImage image)
        {
            Look(image);
            return _script.Act == Act.FailToMeasure ? throw new FormatException("no size") : _script.Told;
        }

        public override ClipDecodedImage Decode(ClipEncodedImage image)
        {
            Look(image);
            switch (_script.Act)
            {
                case Act.GiveNull: return null!;
                case Act.FailToDecode: throw new InvalidOperationException("no picture");
                case Act.FailWithOurs: throw new ClipImageException("The picture is damaged.");
                case Act.Cancel: throw new OperationCanceledException(Script.Cancelled);
                case Act.RunOutOfMemory: throw new InsufficientMemoryException();
            }
            _hasGiven = true;
            return new()
            {
                Width = _script.Width,
                Height = _script.Height,
                HasAlpha = _script.HasAlpha,
                Stride = _script.Stride,
                Orientation = _script.Orientation,
                Owner = _script.Owns ? new Owner(this) : null,
                Pixels = _script.Act is Act.ShrinkMemory or Act.LoseMemory ? new OddMemory(_script).Claimed : _script.Pixels,
            };
        }

        private void Look(ClipEncodedImage image) =>
            _wasMisled |= image.Bytes.Length == 0 || image.MaximumPixels != MostPixels || image.MaximumMemory is < 0 or > MostMemory;

        private sealed class Owner(ScriptedDecoder decoder) : IDisposable
        {
            public void Dispose()
            {
                decoder._freed++;
                if (decoder._script.Act == Act.FailToFree)
                {
                    throw new InvalidOperationException("not freed");
                }
            }
        }
    }

    // Memory that has less each time it is looked at, or nothing any more.
    private sealed class OddMemory(Script script) : MemoryManager<byte>
    {
        private int _looks;

        public Memory<byte> Claimed => CreateMemory(script.Pixels.Length);

        public override Span<byte> GetSpan() => script.Act == Act.LoseMemory ? throw new ObjectDisposedException("pixels")
            : _looks++ == 0 ? script.Pixels : script.Pixels.AsSpan(0, script.Pixels.Length / 2);

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
