using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The file of a checkpoint: what is written, and that nothing in a file leads to anything but its values or the checkpoint's own error.</summary>
public sealed class TrainingCheckpointTests : IDisposable
{
    private const string Good = """{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    private readonly TemporaryDirectory _directory = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    private string Path => _directory.Combine("c.safetensors");

    [Theory]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[-500,-492]}}""", 8, "property 'x.data_offsets' must be two ascending whole numbers of at least 0")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "property 'x.data_offsets' must be two ascending whole numbers of at least 0")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "property 'x.data_offsets' must be two ascending whole numbers of at least 0")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes, but its offsets 0 to 4 span 4")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "after a gap")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "4 more bytes follow")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "it is truncated")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", 12, "'x' is [3], but [2] is expected")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", 8, "property 'x.shape' must be an array")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", 8, "'x' is stored as F64")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""", 8, "'x' is stored as I32")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":{"shape":[2],"data_offsets":[0,8]}}""", 8, "property 'x.dtype' must be a text")]
    [InlineData("""{"__metadata__":{"step":"1"},"x":7}""", 0, "property 'x' must be an object")]
    [InlineData("""{"__metadata__":{"step":"1"},"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "no tensor 'x'")]
    [InlineData("""{"__metadata__":{"step":1},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "property '__metadata__.step' must be a text")]
    [InlineData("""{"__metadata__":["step"],"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "property '__metadata__' must be an object")]
    [InlineData("""{"__metadata__":{"step":"\ud800"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "is no checkpoint")]
    [InlineData("""{"__metadata__":{"step":"1"},"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "is no checkpoint")]
    [InlineData("""[1]""", 8, "must hold an object")]
    [InlineData("""{"x":""", 8, "is no checkpoint")]
    public void Load_AMalformedHeader_IsTheCheckpointsOwnError(string header, int dataLength, string expected)
    {
        File.WriteAllBytes(Path, SafetensorsBytes.File(header, dataLength));

        var value = ones(2);
        string message = Assert.Throws<ClipTrainingException>(() => TrainingCheckpoint.Load(Path, [("x", value)])).Message;

        Assert.Contains($"'{Path}' is no checkpoint of this training", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Equal([1f, 1f], value.data<float>().ToArray());
    }

    [Fact]
    public void Load_AFileWithAnyByteChangedOrCutOff_GivesValuesOrTheCheckpointsOwnError()
    {
        byte[] good = SafetensorsBytes.File(Good, 8);
        var value = ones(2);
        for (int i = 0; i < good.Length; i++)
        {
            foreach (byte other in (byte[])[0, (byte)'-', (byte)'"', (byte)'9', (byte)'{', 0xFF, (byte)(good[i] ^ 1)])
            {
                byte[] changed = [.. good];
                changed[i] = other;
                LoadsOrSaysSo(changed);
            }
            LoadsOrSaysSo(good[..i]);
        }

        void LoadsOrSaysSo(byte[] file)
        {
            File.WriteAllBytes(Path, file);
            try
            {
                TrainingCheckpoint.Load(Path, [("x", value)]);
            }
            catch (ClipTrainingException e)
            {
                Assert.Contains(Path, e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Load_WhereALaterTensorDoesNotFit_LeavesTheEarlierOnesAlone()
    {
        TrainingCheckpoint.Save(Path, [("x", zeros(2)), ("y", zeros(3))], new Dictionary<string, string> { ["step"] = "1" });
        var x = ones(2);

        Assert.Throws<ClipTrainingException>(() => TrainingCheckpoint.Load(Path, [("x", x), ("y", ones(4))]));

        Assert.Equal([1f, 1f], x.data<float>().ToArray());
    }

    [Fact]
    public void Load_WhatIsNoFile_SaysThatItCannotBeRead()
    {
        Directory.CreateDirectory(Path);

        var error = Assert.Throws<ClipTrainingException>(() => TrainingCheckpoint.Load(Path, []));
        Assert.Contains($"'{Path}' cannot be read", error.Message, StringComparison.Ordinal);
        Assert.Equal(Path, error.Path);
        Assert.Same(error, error.GetBaseException());
    }

    [Fact]
    public void Save_WritesAnAlignedSafetensorsFile_WhoseValuesComeBackToTheBit()
    {
        // Channels last, a scalar, nothing, and numbers that are none: a second moment may overflow, and is restored as it was.
        var weight = randn(4, 2, 2, 3).permute(0, 3, 1, 2);
        var values = new (string Name, Tensor Value)[]
        {
            ("weights.conv", weight), ("scalar", tensor(0.1f)), ("empty", zeros(0, 3)), ("second.x", tensor([float.PositiveInfinity, float.NaN, -0f])),
        };
        var metadata = new Dictionary<string, string> { ["step"] = "12", ["run"] = """{"Seed":1}""" };
        TrainingCheckpoint.Save(Path, values, metadata);

        byte[] file = File.ReadAllBytes(Path);
        Assert.Equal(0, BitConverter.ToInt64(file) % 8);
        var entries = SafetensorsFiles.Open(Path).Entries;
        Assert.Equal(values.Select(v => v.Name).Order(StringComparer.Ordinal), entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(entries.Values, e => Assert.Equal("F32", e.Type));
        Assert.Equal([4, 3, 2, 2], entries["weights.conv"].Shape);

        var read = values.Select(v => (v.Name, Value: zeros_like(v.Value))).ToArray();
        Assert.Equal(metadata, TrainingCheckpoint.Load(Path, read));
        Assert.All(values.Zip(read), pair => Assert.Equal(Bits(pair.First.Value), Bits(pair.Second.Value)));

        // TorchSharp gives no values of a tensor that has none.
        static uint[] Bits(Tensor value) => value.numel() == 0 ? [] : [.. value.contiguous().data<float>().ToArray().Select(BitConverter.SingleToUInt32Bits)];
    }

    [Fact]
    public void Save_OfALargeTensor_TakesNoManagedMemoryForItsValues()
    {
        var value = zeros(1 << 22);
        long before = GC.GetAllocatedBytesForCurrentThread();

        TrainingCheckpoint.Save(Path, [("x", value)], new Dictionary<string, string>());

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _directory.Dispose();
    }
}
