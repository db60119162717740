using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What is read from a place in a JSON file, and what is said where something else stands there.</summary>
public sealed class JsonFieldTests
{
    private static readonly JsonField Root = JsonFile.Parse(Encoding.UTF8.GetBytes("""
        { "object": { "inner": { "number": 7 }, "a.b": 1, "": 2, "</w>": 3 }, "array": [10, { "x": 11 }, [12]], "text": "abc", "yes": true, "no": false, "nothing": null,
          "whole": 224.0, "half": 0.5, "negative": -3, "zero": 0, "huge": 1e30, "infinite": 1e999, "long": 9007199254740993, "longest": 9223372036854775807 }
        """), "The file");

    [Fact]
    public void Path_OfAnyPlace_LeadsThere()
    {
        Assert.Equal("", Root.Path);
        Assert.Equal("object.inner.number", Root["object"]["inner"]["number"].Path);
        Assert.Equal("absent.deeper", Root["absent"]["deeper"].Path);
        Assert.Equal(["object.inner", "object['a.b']", "object['']", "object['</w>']"], Root["object"].Properties().Select(p => p.Value.Path));
        Assert.Equal(["array[0]", "array[1]", "array[2]"], Root["array"].Items().Select(i => i.Path));
        Assert.Equal("array[1].x", Root["array"].Items().ElementAt(1)["x"].Path);
        Assert.Equal("array[2][0]", Root["array"].Items().ElementAt(2).Items().Single().Path);
        Assert.Equal($"object['{new string(' ', 100)}...']", Root["object"][new string(' ', 101)].Path);
    }

    [Fact]
    public void Kinds_OfAnyPlace_AreTold()
    {
        string[] names = ["object", "array", "text", "yes", "nothing", "absent", "zero"];

        Assert.Equal(["object", "array", "text", "yes", "zero"], names.Where(n => Root[n].Exists));
        Assert.Equal(["object"], names.Where(n => Root[n].IsObject));
        Assert.Equal(["array"], names.Where(n => Root[n].IsArray));
        Assert.Equal(["text"], names.Where(n => Root[n].IsText));
        Assert.Equal(0, Root["zero"].FiniteNumber);
        Assert.Equal(0.5, Root["half"].FiniteNumber);
        Assert.All((string[])["text", "absent", "nothing", "infinite"], n => Assert.Null(Root[n].FiniteNumber));
    }

    [Fact]
    public void Indexer_OfNothing_IsNothing()
    {
        Assert.False(Root["absent"]["deeper"]["still"].Exists);
        Assert.False(Root["nothing"]["deeper"].Exists);
        Assert.Equal(7, Root["object"]["inner"]["number"].Integer(0, 9));
        Fails("property 'text' must be an object, but is \"abc\"", () => Root["text"]["deeper"]);
    }

    [Fact]
    public void Object_AnythingElse_IsAnError()
    {
        Assert.True(Root["object"].Object().IsObject);
        Fails("property 'array' must be an object, but is [10,", () => Root["array"].Object());
        Fails("property 'nothing' must be an object, but is null.", () => Root["nothing"].Object());
        Fails("property 'absent.deeper' must be an object, but is missing.", () => Root["absent"]["deeper"].Object());
    }

    [Fact]
    public void PropertiesAndItems_InOrder_OrNoneWhereTheyMayBeMissing()
    {
        Assert.Equal(["inner", "a.b", "", "</w>"], Root["object"].Properties().Select(p => p.Name));
        Assert.Equal(["inner", "a.b", "", "</w>"], Root["object"].FindProperties().Select(p => p.Name));
        Assert.Equal(3, Root["array"].Items().Count());
        Assert.Equal(10, Root["array"].FindItems().First().Integer(0, 99));
        foreach (string name in (string[])["absent", "nothing"])
        {
            Assert.Empty(Root[name].FindProperties());
            Assert.Empty(Root[name].FindItems());
        }
        Fails("property 'absent' must be an object, but is missing", () => Root["absent"].Properties());
        Fails("property 'absent' must be an array, but is missing", () => Root["absent"].Items());
        Fails("property 'text' must be an object, but is \"abc\"", () => Root["text"].FindProperties());
        Fails("property 'text' must be an array, but is \"abc\"", () => Root["text"].FindItems());
        Fails("property 'array' must be an object", () => Root["array"].FindProperties());
        Fails("property 'object' must be an array", () => Root["object"].FindItems());
    }

    [Fact]
    public void Text_AnythingElse_IsAnError()
    {
        Assert.Equal("abc", Root["text"].Text());
        Assert.Equal("abc", Root["text"].FindText());
        Assert.Null(Root["nothing"].FindText());
        Fails("property 'absent' must be a text, but is missing.", () => Root["absent"].Text());
        Fails("property 'yes' must be a text, but is true.", () => Root["yes"].FindText());
    }

    [Fact]
    public void Texts_ArrayOfNothingElse_IsRead()
    {
        var root = JsonFile.Parse("""{ "texts": ["a", "", "b"], "none": [], "mixed": ["a", 1], "text": "a" }"""u8, "The file");

        Assert.Equal(["a", "", "b"], root["texts"].Texts()!);
        Assert.Equal([], root["none"].Texts()!);
        Assert.All((string[])["mixed", "text", "absent"], name => Assert.Null(root[name].Texts()));
    }

    [Fact]
    public void Flag_AnythingElse_IsAnError()
    {
        Assert.True(Root["yes"].Flag(false));
        Assert.False(Root["no"].Flag(true));
        Assert.All((bool[])[true, false], fallback => Assert.Equal(fallback, Root["nothing"].Flag(fallback)));
        Fails("property 'zero' must be true or false, but is 0.", () => Root["zero"].Flag(true));
    }

    [Fact]
    public void Integer_OutsideItsBounds_IsAnError()
    {
        Assert.Equal(224, Root["whole"].Integer(224, 224));
        Assert.Equal(-3, Root["negative"].Integer(-3, -3, fallback: 5));
        Assert.Equal(5, Root["nothing"].Integer(0, 1, fallback: 5));
        Fails("property 'whole' must be a whole number from 225 to 300, but is 224.0.", () => Root["whole"].Integer(225, 300));
        Fails("property 'whole' must be a whole number from 0 to 223", () => Root["whole"].Integer(0, 223));
        Fails("property 'absent' must be a whole number from 0 to 1, but is missing.", () => Root["absent"].Integer(0, 1));
        foreach (string name in (string[])["half", "text", "huge", "infinite", "long", "yes"])
        {
            Fails($"property '{name}' must be a whole number from 0 to 2147483647, but is ", () => Root[name].Integer(0, int.MaxValue, fallback: 1));
        }
    }

    [Fact]
    public void FindInteger_NoLimit_IsNone()
    {
        Assert.Equal(224, Root["whole"].FindInteger());
        Assert.Equal(-3, Root["negative"].FindInteger());
        Assert.All((string[])["absent", "nothing", "huge", "long"], n => Assert.Null(Root[n].FindInteger()));
        Fails("property 'half' must be a whole number, but is 0.5.", () => Root["half"].FindInteger());
        Fails("property 'text' must be a whole number, but is \"abc\".", () => Root["text"].FindInteger());
    }

    [Fact]
    public void WholeNumber_LargerThanADoubleHolds_IsExact()
    {
        Assert.Equal(9007199254740993, Root["long"].WholeNumber);
        Assert.Equal(long.MaxValue, Root["longest"].WholeNumber);
        Assert.All((string[])["half", "huge", "text", "absent"], n => Assert.Null(Root[n].WholeNumber));
    }

    [Fact]
    public void Numbers_ThatAreNone_AreErrors()
    {
        Assert.Equal((0.5, 0.5), (Root["half"].Number(9), Root["half"].PositiveNumber(9)));
        Assert.Equal((9, 8), (Root["absent"].Number(9), Root["nothing"].PositiveNumber(8)));
        Assert.Equal(-3, Root["negative"].Number(9));
        Fails("property 'infinite' must be a finite number, but is 1e999.", () => Root["infinite"].Number(1));
        Fails("property 'zero' must be a finite number above 0, but is 0.", () => Root["zero"].PositiveNumber(1));
        Fails("property 'negative' must be a finite number above 0, but is -3.", () => Root["negative"].PositiveNumber(1));
    }

    [Fact]
    public void Error_LongValue_IsShortened() =>
        Fails($"property 'a' must be short, but is \"{new string('x', 99)}....", () =>
            throw JsonFile.Parse(Encoding.UTF8.GetBytes($$"""{ "a": "{{new string('x', 200)}}" }"""), "The file")["a"].Error("short"));

    private static void Fails(string start, Func<object?> read) =>
        Assert.StartsWith("The file: " + start, Assert.Throws<InvalidDataException>(read).Message, StringComparison.Ordinal);
}
