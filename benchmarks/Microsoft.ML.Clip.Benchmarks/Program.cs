using BenchmarkDotNet.Running;
using Microsoft.ML.Clip.Benchmarks;

if (args is ["prepare", .. var rest])
{
    Console.WriteLine(Workload.Prepare(rest.FirstOrDefault()).Folder);
    return;
}
if (args is ["experiment", ..])
{
    if (args[1] == "2") Experiment2.Run(); else Experiment.Run(args);
    return;
}
BenchmarkSwitcher.FromAssembly(typeof(Workload).Assembly).Run(args);
