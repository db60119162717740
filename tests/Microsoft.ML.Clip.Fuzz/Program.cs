using System.Diagnostics;
using Microsoft.ML.Clip.Fuzz;

if (args is ["--instrument"])
{
    Instrumentation.Run(AppContext.BaseDirectory);
    return 0;
}
var options = RunOptions.Parse(args);
return options switch
{
    { Reproduce: not null } => Commands.Reproduce(options),
    { IsWorker: true } => Commands.Work(options),
    _ => Commands.RunAll(options, args),
};

/// <summary>What the program does. The readers, and with them the libraries, are loaded here and not before.</summary>
internal static class Commands
{
    /// <summary>Runs each reader in a process of its own, and tells what each came to.</summary>
    public static int RunAll(RunOptions options, string[] arguments)
    {
        string[] names = options.Readers.Count > 0 ? [.. options.Readers] : [.. AllReaders.All.Select(r => r.Name)];
        List<string> failed = [];
        foreach (string name in names)
        {
            _ = AllReaders.Find(name);
            string[] worker = [Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Clip.Fuzz.dll"), .. arguments, "--reader", name, "--worker"];
            using var process = Process.Start(new ProcessStartInfo(Path.GetFileName(Environment.ProcessPath!) == "dotnet" ? Environment.ProcessPath! : "dotnet", worker))!;
            process.WaitForExit();
            if (process.ExitCode is not (0 or 1))
            {
                string current = Worker.CurrentPath(options, name);
                string message = process.ExitCode == Worker.HangExitCode ? $"It took more than {Worker.MaximumSeconds} s." : $"The process ended with {process.ExitCode}.";
                if (File.Exists(current))
                {
                    Finding.Write(options, name, message, Worker.Current(current));
                }
            }
            if (process.ExitCode != 0)
            {
                failed.Add(name);
            }
        }
        Console.WriteLine(failed.Count == 0 ? $"{names.Length} readers, no finding." : $"Findings in {string.Join(", ", failed)}: see {options.Findings}.");
        return failed.Count == 0 ? 0 : 1;
    }

    public static int Work(RunOptions options)
    {
        using var worker = new Worker(AllReaders.Find(options.Readers[^1]), options);
        return worker.Run() == 0 ? 0 : 1;
    }

    public static int Reproduce(RunOptions options)
    {
        var reader = AllReaders.Find(options.Readers[^1]);
        var time = Stopwatch.StartNew();
        try
        {
            reader.Read(File.ReadAllBytes(options.Reproduce!));
            Console.WriteLine($"It was read, in {time.Elapsed.TotalSeconds:N3} s.");
            return 0;
        }
        catch (Exception e)
        {
            bool isDocumented = e is not WrongResultException && reader.IsDocumented(e);
            Console.WriteLine($"{(isDocumented ? "It was refused" : "Finding")}, in {time.Elapsed.TotalSeconds:N3} s: {e}");
            return isDocumented ? 0 : 1;
        }
    }
}
