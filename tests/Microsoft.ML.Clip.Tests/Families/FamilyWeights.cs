using System.Text;

namespace Microsoft.ML.Clip.Tests;

/// <summary>Weights that are a hash of their name and place, as eng/golden/families.py has them, too, to the last bit.</summary>
internal static class FamilyWeights
{
    /// <summary>
    /// Values between -scale/2 and scale/2: SplitMix64 from a seed that is the name's FNV-1a, its upper 24 bits. A scale is a power of two, so that nothing is
    /// rounded.
    /// </summary>
    public static float[] Draw(string name, int count, float scale = 1)
    {
        ulong seed = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            seed = unchecked((seed ^ b) * 0x100000001B3);
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            ulong z = unchecked(seed + ((ulong)(i + 1) * 0x9E3779B97F4A7C15));
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
            z ^= z >> 31;
            values[i] = (((z >> 40) / 16777216f) - 0.5f) * scale;
        }
        return values;
    }
}
