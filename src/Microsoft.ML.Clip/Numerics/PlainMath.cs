namespace Microsoft.ML.Clip;

/// <summary>
/// Operations on the few hundred values of one embedding or text, as plain loops. Those of <c>TensorPrimitives</c> take a tenth of the time of that little,
/// and the just-in-time compiler tens of milliseconds, once: more than a process that embeds one text spends on anything else. Sums are in float64.
/// </summary>
internal static class PlainMath
{
    /// <summary>The Euclidean norm.</summary>
    public static float Norm(ReadOnlySpan<float> x)
    {
        // Four sums, so that an addition need not wait for the one before.
        double a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i + 4 <= x.Length; i += 4)
        {
            a += (double)x[i] * x[i];
            b += (double)x[i + 1] * x[i + 1];
            c += (double)x[i + 2] * x[i + 2];
            d += (double)x[i + 3] * x[i + 3];
        }
        for (; i < x.Length; i++)
        {
            a += (double)x[i] * x[i];
        }
        return (float)Math.Sqrt(a + b + (c + d));
    }

    /// <summary>The Euclidean norm of a difference.</summary>
    public static float Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double difference = (double)x[i] - y[i];
            sum += difference * difference;
        }
        return (float)Math.Sqrt(sum);
    }

    /// <summary>x /= divisor.</summary>
    public static void Divide(Span<float> x, float divisor)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] /= divisor;
        }
    }

    /// <summary>The place of the highest value, the first of several; -1 if there is none.</summary>
    public static int IndexOfMax(ReadOnlySpan<int> x)
    {
        int place = x.Length == 0 ? -1 : 0;
        for (int i = 1; i < x.Length; i++)
        {
            if (x[i] > x[place])
            {
                place = i;
            }
        }
        return place;
    }
}
