namespace Microsoft.ML.Clip.Tests;

/// <summary>The vector kernel against three nested loops.</summary>
public sealed unsafe class MatrixKernelTests : IDisposable
{
    public static TheoryData<int, int, int, bool> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, int, bool>();
            foreach (int rows in (int[])[1, 2, 5, 6, 7, 11, 12, 13, 25])
            {
                foreach (int columns in (int[])[16, 32, 48, 80])
                {
                    foreach (int depth in (int[])[0, 1, 3, 64])
                    {
                        data.Add(rows, columns, depth, (rows + depth) % 2 == 0);
                    }
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiply_EveryShapeAndWidth_EqualsThePlainLoops(int rows, int columns, int depth, bool transposed)
    {
        var random = new Random(rows * 1000 + columns + depth);
        int aRow = transposed ? 1 : depth + 3, aStep = transposed ? rows + 2 : 1, stride = columns + 16;
        float[] a = Random(random, (rows + 3) * (depth + 3)), b = Random(random, (depth + 1) * stride), before = Random(random, (rows + 1) * stride);
        foreach (bool narrow in (bool[])[false, true])
        {
            foreach (bool accumulate in (bool[])[false, true])
            {
                MatrixKernel.ForceNarrow = narrow;
                float[] c = [.. before];
                fixed (float* pa = a, pb = b, pc = c)
                {
                    MatrixKernel.Multiply(pa, aRow, aStep, pb, stride, pc, stride, rows, columns, depth, accumulate);
                }

                for (int i = 0; i < c.Length; i++)
                {
                    int m = i / stride, n = i % stride;
                    bool inside = m < rows && n < columns;
                    double sum = inside && !accumulate ? 0 : before[i], magnitude = 1;
                    for (int p = 0; inside && p < depth; p++)
                    {
                        double term = (double)a[m * aRow + p * aStep] * b[p * stride + n];
                        (sum, magnitude) = (sum + term, magnitude + Math.Abs(term));
                    }
                    Assert.Equal(sum, c[i], inside ? ProbeTolerances.Product * magnitude : 0);
                }
            }
        }
    }

    public void Dispose() => MatrixKernel.ForceNarrow = false;

    private static float[] Random(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() * 2 - 1)];
}
