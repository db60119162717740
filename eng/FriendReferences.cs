// Compiled into every project with friend references, by FriendReferences.targets.

using Microsoft.CodeAnalysis;

namespace System.Runtime.CompilerServices
{
    /// <summary>
    /// Known to the runtime by its name: the assembly that carries it may use the internals of the one it names. See docs/adr/0001-friend-references.md.
    /// </summary>
    [Embedded]
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        /// <summary>The assembly whose internals may be used.</summary>
        public string AssemblyName => assemblyName;
    }
}

namespace Microsoft.CodeAnalysis
{
    /// <summary>
    /// Known to the compiler by its name: a type that carries it is seen by its own project only, also by those that see our other internals, and so each
    /// project can have its own.
    /// </summary>
    [Embedded]
    [AttributeUsage(AttributeTargets.All)]
    internal sealed class EmbeddedAttribute : Attribute;
}
