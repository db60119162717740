using System.Globalization;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Microsoft.ML.Clip.Fuzz;

/// <summary>
/// Puts a call of <see cref="Coverage.Hit"/> at the start of every block of the libraries beside the program, and notes in a file which lines a block has.
/// Runs after the build, in a process that has loaded none of them.
/// </summary>
internal static class Instrumentation
{
    private const string MapName = "blocks.tsv", Source = "/src/";

    private static readonly string[] Libraries = ["Microsoft.ML.Clip.dll", "Microsoft.ML.Clip.TorchSharp.dll", "Microsoft.ML.Clip.Evaluation.dll", "Microsoft.ML.Clip.Shards.dll"];

    // Loops over pixels and numbers: no bytes of strangers decide the way, and a call in each would take most of the time.
    private static readonly string[] Skipped = ["/Numerics/", "/Resampling/", "/LinearProbe/", "/Networks/", "/Gradients/"];

    public static void Run(string folder)
    {
        int block = 0;
        using var map = new StreamWriter(Path.Combine(folder, MapName));
        foreach (string path in Libraries.Select(name => Path.Combine(folder, name)))
        {
            using var resolver = new DefaultAssemblyResolver();
            resolver.AddSearchDirectory(folder);
            var parameters = new ReaderParameters { AssemblyResolver = resolver, ReadSymbols = true, InMemory = true };
            using var assembly = AssemblyDefinition.ReadAssembly(path, parameters);
            var module = assembly.MainModule;
            var hit = module.ImportReference(typeof(Coverage).GetMethod(nameof(Coverage.Hit)));
            foreach (var method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody && m.Body.Instructions.Count > 0 && !IsSkipped(m)))
            {
                Instrument(method, hit, map, ref block);
            }
            string temporary = path + ".tmp";
            assembly.Write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        if (block > Coverage.MaximumBlocks)
        {
            throw new InvalidOperationException($"The libraries have {block} blocks; there is room for {Coverage.MaximumBlocks}.");
        }
    }

    /// <summary>The lines of every block, by file from the folder src on.</summary>
    public static IEnumerable<(int Block, string File, int[] Lines)> ReadMap() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, MapName)).Select(line => line.Split('\t'))
            .Select(p => (Number(p[0]), p[1], p[2].Split(',').Select(Number).ToArray()));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static bool IsSkipped(MethodDefinition method) =>
        method.DebugInformation.SequencePoints.FirstOrDefault()?.Document.Url.Replace('\\', '/') is { } file && Skipped.Any(file.Contains);

    private static void Instrument(MethodDefinition method, MethodReference hit, StreamWriter map, ref int block)
    {
        var body = method.Body;
        var points = method.DebugInformation.GetSequencePointMapping();
        body.SimplifyMacros();
        var leaders = Leaders(body);
        var starts = new Dictionary<Instruction, Instruction>();
        var instructions = body.Instructions.ToArray();
        var il = body.GetILProcessor();
        string? file = null;
        List<int> lines = [];
        int next = block, current = block;
        foreach (var instruction in instructions)
        {
            if (leaders.Contains(instruction))
            {
                Note();
                current = next++;
                var start = il.Create(OpCodes.Ldc_I4, current);
                il.InsertBefore(instruction, start);
                il.InsertBefore(instruction, il.Create(OpCodes.Call, hit));
                starts.Add(instruction, start);
            }
            if (points.TryGetValue(instruction, out var point) && !point.IsHidden)
            {
                file = point.Document.Url.Replace('\\', '/');
                lines.Add(point.StartLine);
            }
        }
        Note();
        foreach (var instruction in instructions)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction target => Moved(target),
                Instruction[] targets => Array.ConvertAll(targets, t => Moved(t)!),
                var other => other,
            };
        }
        foreach (var handler in body.ExceptionHandlers)
        {
            (handler.TryStart, handler.TryEnd) = (Moved(handler.TryStart), Moved(handler.TryEnd));
            (handler.HandlerStart, handler.HandlerEnd) = (Moved(handler.HandlerStart), Moved(handler.HandlerEnd));
            handler.FilterStart = Moved(handler.FilterStart);
        }
        body.OptimizeMacros();
        block = next;

        Instruction? Moved(Instruction? target) => target is not null && starts.TryGetValue(target, out var start) ? start : target;

        void Note()
        {
            if (lines.Count > 0 && file?.LastIndexOf(Source, StringComparison.Ordinal) is { } at and >= 0)
            {
                map.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{current}\t{file[(at + Source.Length)..]}\t{string.Join(',', lines.Distinct())}"));
            }
            lines = [];
        }
    }

    private static HashSet<Instruction> Leaders(MethodBody body)
    {
        HashSet<Instruction> leaders = [body.Instructions[0]];
        foreach (var instruction in body.Instructions)
        {
            if (instruction.OpCode.FlowControl is not (FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw))
            {
                continue;
            }
            leaders.UnionWith(instruction.Operand as Instruction[] ?? (instruction.Operand is Instruction target ? [target] : []));
            if (instruction.Next is { } next)
            {
                leaders.Add(next);
            }
        }
        leaders.UnionWith(body.ExceptionHandlers.SelectMany(h => new[] { h.HandlerStart, h.FilterStart }).OfType<Instruction>());
        return leaders;
    }
}
