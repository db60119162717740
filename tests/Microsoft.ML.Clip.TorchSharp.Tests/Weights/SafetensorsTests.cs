using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Tests;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Read_EveryFloatingPointType_GivesItsValues()
    {
        float[] values = [1.5f, -0.25f, 0, 3];
        string path = Write(SafetensorsBytes.File(
            ("a", "F32", [2, 2], [.. values.SelectMany(BitConverter.GetBytes)]),
            ("b", "F16", [4], [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))]),
            ("c", "BF16", [4, 1], [.. values.SelectMany(v => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)))]),
            ("d", "F64", [1, 4], [.. values.SelectMany(v => BitConverter.GetBytes((double)v))]),
            ("e", "F32", [0, 3], [])));

        var file = SafetensorsFiles.Open(path);

        Assert.All("abcd", name => Assert.Equal(values, SafetensorsFiles.Read(file.Entries[name.ToString()])));
        Assert.Equal([2, 2], file.Entries["a"].Shape);
        Assert.Empty(SafetensorsFiles.Read(file.Entries["e"]));
    }

    [Fact]
    public void Read_AnotherType_NamesIt()
    {
        var file = SafetensorsFiles.Open(Write(SafetensorsBytes.File(("ids", "I64", [1], new byte[8]))));

        Assert.Contains("'ids' (I64 [1])", Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Read(file.Entries["ids"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NaN_NamesThePlace()
    {
        var file = SafetensorsFiles.Open(Write(SafetensorsBytes.File(("w", "F32", [2], [.. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(float.NaN)]))));

        Assert.Contains("holds NaN at place 1", Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Read(file.Entries["w"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnIndexThatIsEmpty_NamesIt()
    {
        string path = _directory.Write("model.safetensors.index.json", "");

        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[1]""", 0, "its header must hold an object, but holds [1]")]
    [InlineData("""{"a":""", 0, "is not a readable safetensors file")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "property '__metadata__.format' must be a text, but is 1")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "must be Unicode text")]
    [InlineData("""{"a":{"dtype":"\udc00","shape":[1],"data_offsets":[0,4]}}""", 4, "must be Unicode text")]
    [InlineData("""{"a":1}""", 0, "property 'a' must be an object, but is 1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "property 'a.data_offsets' must be an array, but is missing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "two ascending whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 8, "two ascending whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "property 'a.shape' must be whole numbers of at least 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "property 'a.shape' must be whole numbers of at least 0")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown element type 'Q4'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes, but its offsets 0 to 4 span 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "but its offsets 0 to 0 span 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}""", 1, "beyond any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "'b' begins at byte 123, inside the one before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "inside the one before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "after a gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "after a gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "it is truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 9, "5 more bytes follow")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "'a' is listed twice")]
    public void Open_AHeaderThatContradictsItselfOrTheFile_SaysWhere(string header, int dataLength, string expected)
    {
        string path = Write(SafetensorsBytes.File(header, dataLength));

        var error = Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(path));
        Assert.Contains(expected.Replace("123", (8 + header.Length + 2).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), error.Message,
            StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AFileCutAnywhere_IsRefused()
    {
        byte[] whole = SafetensorsBytes.File(("first", "F32", [2, 3], new byte[24]), ("second", "F16", [5], new byte[10]));
        Assert.Equal(2, SafetensorsFiles.Open(Write(whole)).Entries.Count);

        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(Write(whole[..length])));
        }
    }

    [Fact]
    public void Open_AnotherKindOfFile_SaysSo() =>
        Assert.Contains("another kind of file", Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(Write(Encoding.ASCII.GetBytes("PK\u0003\u0004 a torch archive, not this"))))
            .Message, StringComparison.Ordinal);

    [Fact]
    public void Open_AnIndex_ReadsTheFilesThatItLists()
    {
        Write(SafetensorsBytes.File(("a", "F32", [1], BitConverter.GetBytes(1f))), "one.safetensors");
        Write(SafetensorsBytes.File(("b", "F32", [1], BitConverter.GetBytes(2f))), "two.safetensors");
        File.WriteAllText(_directory.Combine("model.safetensors.index.json"), """{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");

        var files = SafetensorsFiles.Open(_directory);

        Assert.Equal(2f, SafetensorsFiles.Read(files.Entries["b"]).Single());
        Write(SafetensorsBytes.File(("a", "F32", [1], BitConverter.GetBytes(1f))), "two.safetensors");
        Assert.Contains("is also in", Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(_directory)).Message, StringComparison.Ordinal);
        File.Delete(_directory.Combine("two.safetensors"));
        Assert.Contains("'two.safetensors', which is missing", Assert.Throws<FileNotFoundException>(() => SafetensorsFiles.Open(_directory)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../outside.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("sub/one.safetensors")]
    [InlineData(@"..\outside.safetensors")]
    [InlineData("C:outside.safetensors")]
    [InlineData("")]
    public void Open_AnIndexThatLeadsElsewhere_IsRefused(string name)
    {
        using var outer = new TemporaryDirectory();
        string inner = Directory.CreateDirectory(outer.Combine("inner/sub")).Parent!.FullName;
        foreach (string place in (string[])["outside.safetensors", "inner/sub/one.safetensors"])
        {
            File.WriteAllBytes(outer.Combine(place), SafetensorsBytes.File(("a", "F32", [1], new byte[4])));
        }
        File.WriteAllText(Path.Combine(inner, "model.safetensors.index.json"), System.Text.Json.JsonSerializer.Serialize(new { weight_map = new { a = name } }));

        Assert.Contains("not a file beside it", Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(inner)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "must hold an object, but holds []")]
    [InlineData("{}", "property 'weight_map' must be an object, but is missing")]
    [InlineData("""{"weight_map":{"a":1}}""", "property 'weight_map.a' must be a text, but is 1")]
    [InlineData("""{"weight_map":{"a":null}}""", "property 'weight_map.a' must be a text, but is null")]
    [InlineData("no json", "is not valid JSON")]
    public void Open_AnIndexThatIsNone_SaysSo(string content, string expected)
    {
        string path = _directory.Write("model.safetensors.index.json", content);

        var error = Assert.Throws<InvalidDataException>(() => SafetensorsFiles.Open(_directory));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnEmptyDirectory_SaysWhatWasLookedFor() =>
        Assert.Contains("looked for model.safetensors", Assert.Throws<FileNotFoundException>(() => SafetensorsFiles.Open(_directory)).Message, StringComparison.Ordinal);

    public void Dispose() => _directory.Dispose();

    private string Write(byte[] content, string name = "weights.safetensors")
    {
        File.WriteAllBytes(_directory.Combine(name), content);
        return _directory.Combine(name);
    }
}
