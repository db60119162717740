// A worker in a process of its own, for tests to kill. Prints a line when it begins and one for each shard: its number, and "done" or "skipped".
//
//   Microsoft.ML.Clip.ShardProcess PLAN MODEL-DIRECTORY [SHARD...]
//   Microsoft.ML.Clip.ShardProcess PLAN --merge DIRECTORY
//
// Without numbers it goes through all shards. One that cannot be done ends it with 1 or 42, as mlclip does; the error's output begins with the problem's name.

using System.Globalization;
using Microsoft.ML.Clip;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: PLAN MODEL-DIRECTORY [SHARD...], or PLAN --merge DIRECTORY");
    return 2;
}
if (args[1] == "--merge")
{
    try
    {
        ClipShardPlan.Load(args[0]).Merge(args[2]);
        return 0;
    }
    catch (ClipShardException e)
    {
        return Ended(e);
    }
}
using var clip = ClipModel.Load(args[1]);
var plan = ClipShardPlan.Load(args[0]);
var worker = new ClipShardWorker(clip);
Console.WriteLine("begins");
foreach (int shard in args.Length > 2 ? args[2..].Select(a => int.Parse(a, CultureInfo.InvariantCulture)) : Enumerable.Range(0, plan.ShardCount))
{
    try
    {
        var result = await worker.RunAsync(plan, shard);
        Console.WriteLine($"{shard} {(result.IsSkipped ? "skipped" : "done")}");
    }
    catch (ClipShardException e)
    {
        return Ended(e);
    }
}
return 0;

static int Ended(ClipShardException error)
{
    Console.Error.WriteLine($"{error.Problem}: {error.Message}");
    return error.IsTransient ? 1 : 42;
}
