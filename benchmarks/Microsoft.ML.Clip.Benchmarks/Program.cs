using System.Globalization;
using BenchmarkDotNet.Running;
using Microsoft.ML.Clip.Benchmarks;

// prepare [folder]        makes the models, photographs and texts, and prints where they are
// serve [folder]          measures what it is told on its standard input; benchmarks/compare drives it
// growth rows cursors [folder]   times many rows, once; benchmarks/compare/growth.py drives it
// probe                   fits linear probes as it is told on its standard input; benchmarks/compare/linear_probe.py drives it
// search                  searches as it is told on its standard input; benchmarks/compare/search.py drives it
// tokenizers              times tokenizers as it is told on its standard input; benchmarks/compare/tokenizers.py drives it
// few-shot SOURCE         prints accuracies over the rows a class; SOURCE is what samples/LinearProbe --export wrote, or VALUESxCLASSESxDISTANCE
// hub MEGABYTES           downloads a file from a hub on this machine, by turns with curl; the hub is a process of its own, hub-serve MEGABYTES
// evaluation              times the metrics of the evaluation package at the size of the paper's largest sets
// evaluation-cached MODEL FOLDER   zero-shot on a folder of classes, once embedded and then from the cache
// evaluation-serve        measures as it is told on its standard input; benchmarks/compare/evaluation.py drives it
// profile GRAPH.onnx ...  prints time by operator, of several graphs side by side; OperatorProfile.cs has its options
// quantize-minilm         puts all-MiniLM-L6-v2 into 8 bits, in several ways
// quantize-seeded [OUTLIERS [METHOD]]   puts ViT-B/32 with seeded weights into 8 bits, without outliers (None) and with (Gains, SameFunction)
// quantize MODEL IMAGES TEST TARGET   puts a model into 8 bits, calibrated on IMAGES, and compares accuracies on TEST, a folder of folders of a class
// zero-shot-fit MODEL CLASSES ROUNDS   makes class weights of CLASSES x 80 prompts, by turns with the text encoder alone; MODEL is tiny or vit-b-32
// shards MODEL ROWS ROUNDS   embeds a shard of that many photographs by a worker, by turns with the pipeline that it stands on
// generators MODEL ROUNDS   embeds through Microsoft.Extensions.AI's interfaces, by turns with what stands below; MODEL is tiny, vit-b-32 or a directory
// anything else           is for BenchmarkDotNet
switch (args)
{
    case ["prepare", .. var rest]:
        Console.WriteLine(Workload.Prepare(rest.FirstOrDefault()).Folder);
        break;
    case ["serve", .. var rest]:
        CompareServer.Run(Workload.Prepare(rest.FirstOrDefault()));
        break;
    case ["growth", var rows, var cursors, .. var rest]:
        GrowthRun.Run(Workload.Prepare(rest.FirstOrDefault()), int.Parse(rows, CultureInfo.InvariantCulture), int.Parse(cursors, CultureInfo.InvariantCulture));
        break;
    case ["probe"]:
        new ProbeServer().Run();
        break;
    case ["search"]:
        new SearchServer().Run();
        break;
    case ["tokenizers"]:
        TokenizerServer.Run();
        break;
    case ["few-shot", var source]:
        FewShotCurve.Run(source);
        break;
    case ["hub-serve", var megabytes]:
        HubSpeed.Serve(int.Parse(megabytes, CultureInfo.InvariantCulture));
        break;
    case ["hub", var megabytes]:
        HubSpeed.Run(int.Parse(megabytes, CultureInfo.InvariantCulture));
        break;
    case ["evaluation"]:
        EvaluationSpeed.Run();
        break;
    case ["evaluation-cached", var model, var folder]:
        EvaluationSpeed.RunCached(model, folder);
        break;
    case ["evaluation-serve"]:
        EvaluationServer.Run();
        break;
    case ["profile", .. var rest]:
        OperatorProfile.Run(rest);
        break;
    case ["quantize-seeded", .. var rest]:
        QuantizeRun.Seeded(Workload.Prepare(), rest.ElementAtOrDefault(0) ?? "", rest.ElementAtOrDefault(1) ?? "");
        break;
    case ["quantize", var model, var images, var test, var target]:
        QuantizeRun.Labelled(model, images, test, target);
        break;
    case ["zero-shot-fit", var model, var classes, var rounds]:
        ZeroShotFit.Run(Workload.Prepare(), model, int.Parse(classes, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture));
        break;
    case ["shards", var model, var rows, var rounds]:
        ShardSpeed.Run(Workload.Prepare(), model, int.Parse(rows, CultureInfo.InvariantCulture), int.Parse(rounds, CultureInfo.InvariantCulture));
        break;
    case ["generators", var model, var rounds]:
        GeneratorSpeed.Run(Workload.Prepare(), model, int.Parse(rounds, CultureInfo.InvariantCulture));
        break;
    case ["quantize-minilm"]:
        QuantizeRun.MiniLm(Workload.Prepare());
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Workload).Assembly).Run(args);
        break;
}
