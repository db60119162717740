using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>
/// The environment that native libraries look at when they are loaded: <see cref="Environment.SetEnvironmentVariable(string, string?)"/> changes .NET's copy
/// only.
/// </summary>
internal static unsafe class NativeEnvironment
{
    /// <summary>Sets a variable unless the environment has it, to whatever value. Elsewhere than on Linux does nothing.</summary>
    public static void SetIfMissing(string name, string value)
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(name) is not null
            || !NativeLibrary.TryLoad("libc.so.6", out nint library) || !NativeLibrary.TryGetExport(library, "setenv", out nint set))
        {
            return;
        }
        fixed (byte* nameBytes = Encoding.UTF8.GetBytes(name + "\0"), valueBytes = Encoding.UTF8.GetBytes(value + "\0"))
        {
            _ = ((delegate* unmanaged<byte*, byte*, int, int>)set)(nameBytes, valueBytes, 0);
        }
    }
}
