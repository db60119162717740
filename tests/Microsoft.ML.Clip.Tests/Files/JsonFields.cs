using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>JSON that a test writes itself.</summary>
internal static class JsonFields
{
    public static JsonField Parse(string json) => JsonFile.Parse(Encoding.UTF8.GetBytes(json), "The file");
}
