using System.Globalization;

namespace Microsoft.ML.Clip.Tests;

public class LeftoversTests
{
    // Processes are numbered from 1, and no system has that many.
    private const int NoProcess = int.MaxValue;

    [Theory]
    [InlineData(NoProcess, 20, false)]
    [InlineData(NoProcess, 0, true)]
    [InlineData(0, 20, true)]
    public async Task Run_FilesOfAnEarlierWorker_GoWhenItIsDeadAndQuiet(int process, int minutes, bool isKept)
    {
        using var work = new ShardWork(pictures: 2);
        var plan = work.Plan();
        string machine = ShardLayout.Worker[..ShardLayout.Worker.LastIndexOf('.')];
        string number = (process == 0 ? Environment.ProcessId : process).ToString(CultureInfo.InvariantCulture);
        string left = Path.Combine(plan.Layout.Temporary, $"{ShardLayout.Number(0)}.{machine}.{number}.1.images.npy");
        Directory.CreateDirectory(plan.Layout.Temporary);
        File.WriteAllText(left, "half");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddMinutes(-minutes));

        await ShardWork.Run(plan);

        Assert.Equal(isKept, File.Exists(left));
        Assert.True(plan.GetStatus().IsComplete);
    }
}
