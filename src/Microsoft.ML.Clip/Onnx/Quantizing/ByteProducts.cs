using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip;

/// <summary>What the processor does with products of bytes.</summary>
internal static class ByteProducts
{
    private const int StructuredFeatures = 7, Avx512Vnni = 1 << 11, AvxVnni = 1 << 4;

    /// <summary>Whether there is an instruction that adds products of bytes in 32 bits: VNNI, or ARM's dot product.</summary>
    public static bool Exist { get; } = Dp.IsSupported || (X86Base.IsSupported && HasVnni());

    /// <summary>The processor's name.</summary>
    public static string Processor { get; } = Name();

    private static bool HasVnni()
    {
        if (X86Base.CpuId(0, 0).Eax < StructuredFeatures)
        {
            return false;
        }
        var (most, _, features, _) = X86Base.CpuId(StructuredFeatures, 0);
        return (Avx512F.IsSupported && (features & Avx512Vnni) != 0) || (most >= 1 && (X86Base.CpuId(StructuredFeatures, 1).Eax & AvxVnni) != 0);
    }

    private static string Name()
    {
        // The name stands in three leaves from 0x80000002 on.
        const int FirstOfName = unchecked((int)0x80000002), Extended = unchecked((int)0x80000000);
        if (!X86Base.IsSupported || X86Base.CpuId(Extended, 0).Eax < FirstOfName + 2)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }
        Span<int> words = stackalloc int[12];
        for (int i = 0; i < 3; i++)
        {
            (words[4 * i], words[(4 * i) + 1], words[(4 * i) + 2], words[(4 * i) + 3]) = X86Base.CpuId(FirstOfName + i, 0);
        }
        return System.Text.Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words)).TrimEnd('\0').Trim();
    }
}
