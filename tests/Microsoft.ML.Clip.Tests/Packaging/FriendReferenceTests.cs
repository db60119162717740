using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Microsoft.ML.Clip.Tests;

/// <summary>
/// The internals of ML.NET that the library uses as a friend (docs/adr/0001-friend-references.md), written down: they may change with any release, and so a
/// new one should be a decision. To accept a change of <c>MlNetInternals.txt</c>, run the tests with CLIP_ACCEPT_API=1 in the environment.
/// </summary>
public sealed class FriendReferenceTests
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string ListFile = Path.Combine(BuildFacts.RepositoryRoot, "tests", "Microsoft.ML.Clip.Tests", "PublicApi", "MlNetInternals.txt");

    [Fact]
    public void Internals_OfMlNet_AreTheListedOnes()
    {
        string actual = string.Join('\n', FindInternals(typeof(ClipModel).Assembly.Location).Distinct().Order(StringComparer.Ordinal)) + "\n";
        if (Environment.GetEnvironmentVariable("CLIP_ACCEPT_API") == "1")
        {
            File.WriteAllText(ListFile, actual);
        }

        Assert.Equal(File.ReadAllText(ListFile), actual);
    }

    /// <summary>Types and members of ML.NET that our assembly refers to although they are not public.</summary>
    private static List<string> FindInternals(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var reader = file.GetMetadataReader();
        var found = new List<string>();
        foreach (var handle in reader.TypeReferences)
        {
            if (Resolve(reader, handle) is { IsVisible: false } type)
            {
                found.Add($"type {type.FullName}");
            }
        }
        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            string name = reader.GetString(member.Name);
            // A type that is internal is listed itself; here come internal members of public types.
            if (Parent(reader, member.Parent) is not { IsVisible: true } type)
            {
                continue;
            }
            var candidates = type.GetMember(name, Any);
            if (candidates.Length > 0 && candidates.All(IsInternal))
            {
                found.Add($"member {type.FullName}.{name}");
            }
        }
        return found;
    }

    private static bool IsInternal(MemberInfo member) => member switch
    {
        MethodBase m => m.IsAssembly || m.IsFamilyAndAssembly,
        FieldInfo f => f.IsAssembly || f.IsFamilyAndAssembly,
        _ => false,
    };

    private static Type? Parent(MetadataReader reader, EntityHandle parent)
    {
        switch (parent.Kind)
        {
            case HandleKind.TypeReference:
                return Resolve(reader, (TypeReferenceHandle)parent);
            case HandleKind.TypeSpecification:
                // A generic type: a signature that starts with GENERICINST (0x15), CLASS or VALUETYPE, and the coded type.
                var signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
                if (signature.ReadByte() != 0x15)
                {
                    return null;
                }
                signature.ReadByte();
                return signature.ReadTypeHandle() is { Kind: HandleKind.TypeReference } generic ? Resolve(reader, (TypeReferenceHandle)generic) : null;
            default:
                return null;
        }
    }

    private static Type? Resolve(MetadataReader reader, TypeReferenceHandle handle)
    {
        var reference = reader.GetTypeReference(handle);
        string name = reader.GetString(reference.Name);
        if (reference.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            return Resolve(reader, (TypeReferenceHandle)reference.ResolutionScope)?.GetNestedType(name, BindingFlags.Public | BindingFlags.NonPublic);
        }
        if (reference.ResolutionScope.Kind != HandleKind.AssemblyReference)
        {
            return null;
        }
        string assembly = reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name);
        return assembly.StartsWith("Microsoft.ML.", StringComparison.Ordinal) && assembly != "Microsoft.ML.OnnxRuntime"
            ? Assembly.Load(assembly).GetType($"{reader.GetString(reference.Namespace)}.{name}") : null;
    }
}
