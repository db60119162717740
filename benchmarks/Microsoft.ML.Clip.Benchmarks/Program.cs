using BenchmarkDotNet.Running;
using Microsoft.ML.Clip.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(LinearProbeBenchmarks).Assembly).Run(args);
