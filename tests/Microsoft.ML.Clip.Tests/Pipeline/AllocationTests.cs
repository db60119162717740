using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests;

/// <summary>What a row costs in managed memory, once everything is warm.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AllocationTests(StepFixture fixture) : IClassFixture<StepFixture>
{
    /// <summary>The goal of the project: less than 2 KB for an image, beside what the decoder takes.</summary>
    private const long Limit = 2048;

    private const int Few = 640, Many = 3200;

    [Theory]
    [InlineData("Image Path")]
    [InlineData("Image Bytes")]
    [InlineData("ZeroShot Path")]
    [InlineData("Text Text")]
    public void Cursor_InTheSteadyState_AllocatesLittlePerRow(string step)
    {
        var model = fixture.Create(step, batchSize: 16).Fit(fixture.Data);
        Allocated(model, step, Few);

        // What a cursor takes to begin and to end is in both, so the difference is the rows'.
        long perRow = (Allocated(model, step, Many) - Allocated(model, step, Few)) / (Many - Few);

        long decoder = step == "Text Text" ? 0 : DecoderAllocation();
        Assert.True(perRow <= decoder + Limit, $"{perRow} bytes per row, of which {decoder} are the decoder's");
        TestContext.Current.TestOutputHelper?.WriteLine($"{step}: {perRow} bytes per row, of which {decoder} are the decoder's");
    }

    private long Allocated(ITransformer model, string step, int rows)
    {
        var all = Enumerable.Range(0, rows).Select(i => fixture.Rows[i % fixture.Rows.Length]).ToArray();
        var view = model.Transform(fixture.ML.Data.LoadFromEnumerable(all));
        var column = view.Schema[StepFixture.OutputOf(step)];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        using (var cursor = view.GetRowCursor([column]))
        {
            var getter = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> value = default;
            while (cursor.MoveNext())
            {
                getter(ref value);
            }
        }
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    /// <summary>What SkiaSharp's own objects take to decode one of the files.</summary>
    private unsafe long DecoderAllocation()
    {
        const int Repeats = 200;
        byte[] file = fixture.Rows[0].Bytes;
        fixed (byte* bytes = file)
        {
            long before = 0;
            for (int i = 0; i <= Repeats; i++)
            {
                // The first round is not counted.
                if (i == 1)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }
                using var data = SKData.Create((nint)bytes, file.Length);
                using var codec = SKCodec.Create(data);
                Assert.NotNull(codec);
                _ = codec.Info;
            }
            return (GC.GetAllocatedBytesForCurrentThread() - before) / Repeats;
        }
    }
}
