#!/usr/bin/env python3
"""What a process that embeds with ViT-B/32 costs, each line a fresh process: time from its start to the first embedding, and memory. Linux.

    python3 benchmarks/compare/memory.py [--rounds 5] [--base DIR] [--folder DIR] [--output FILE]

Rounds are interleaved, and medians shown; files are in the page cache. "first" is the time from the start of the process (the runtime's included) until the first
embedding is there, "peak" the most that was ever resident (VmHWM), "own" what stays and is no file (RssAnon). --base is a checkout to compare with (another commit in
a worktree): the programs of both are measured in the same rounds.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROWS = "64"


def build(root):
    project = os.path.join(root, "benchmarks", "memory")
    if not os.path.isdir(project):
        shutil.copytree(os.path.join(ROOT, "benchmarks", "memory"), project, ignore=shutil.ignore_patterns("bin", "obj"))
    dll = os.path.join(project, "bin", "Release", "net10.0", "Microsoft.ML.Clip.Memory.dll")
    if not os.environ.get("NO_BUILD"):
        subprocess.run(["dotnet", "build", "-c", "Release", "-v", "q", project], check=True, stdout=sys.stderr)
    return dll


def run(dll, arguments, environment):
    start = time.monotonic()
    process = subprocess.Popen(["dotnet", dll, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment})
    seen = {}
    for line in process.stdout:
        key, *values = line.split()
        if key == "first":
            seen.setdefault("first", time.monotonic() - start)
            seen.setdefault("bits", " ".join(values))
        elif key == "saved":
            seen["saved"], seen["size"] = float(values[0]), int(values[1])
        else:
            seen[key.rstrip(":")] = int(values[0]) * 1024
    if process.wait() != 0:
        raise SystemExit(f"{arguments} failed")
    return seen


def disk(folder, bytes):
    """How long the disk takes for as many bytes, without and with what it takes until they lie there."""
    block, path = os.urandom(1 << 20), os.path.join(folder, "disk")
    start = time.monotonic()
    with open(path, "wb", buffering=0) as file:
        for _ in range(bytes >> 20):
            file.write(block)
        written = time.monotonic() - start
        os.fsync(file.fileno())
    synced = time.monotonic() - start
    os.remove(path)
    return written, synced


def processor():
    with open("/proc/cpuinfo") as info:
        lines = dict(line.split(":", 1) for line in info.read().split("\n\n")[0].splitlines() if ":" in line)
    values = {key.strip(): value.strip() for key, value in lines.items()}
    return f"{values['model name']}, family {values['cpu family']}, {os.cpu_count()} cores"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--base")
    parser.add_argument("--only")
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "clip-workload"))
    parser.add_argument("--output")
    arguments = parser.parse_args()
    model = os.path.join(arguments.folder, "models", "vit-b-32")
    file = os.path.join(model, "onnx", "vision_model.onnx")
    photo = sorted(os.scandir(os.path.join(arguments.folder, "photographs")), key=lambda e: e.name)[0].path
    programs = {"now": build(ROOT)}
    if arguments.base:
        programs["before"] = build(arguments.base)
    with tempfile.TemporaryDirectory() as work:
        zips = {name: os.path.join(work, name + ".zip") for name in programs}
        cache = {"CLIP_MODEL_CACHE": os.path.join(work, "cache")}
        contestants = [("ONNX Runtime alone, one image, then a batch of 16", "now", ["bare", file, "224", "16"], {})]
        saving = {name: [] for name in programs}
        for _ in range(min(3, arguments.rounds)):
            for name, dll in programs.items():
                saved = run(dll, ["save", model, zips[name]], {})
                saving[name].append((saved["saved"], *disk(work, saved["size"]), saved["size"]))
                print(f"saving, {name}: {saved['saved']:.2f} s, {saved['size'] / 1e6:.0f} MB, the disk {saving[name][-1][1]:.2f} and {saving[name][-1][2]:.2f} s", file=sys.stderr)
        for name in sorted(programs):
            contestants += [("prediction engine, from the directory", name, ["engine", model, photo], {}),
                            (f"view of {ROWS} rows, from the directory", name, ["view", model, photo, ROWS], {}),
                            ("engine and view", name, ["both", model, photo, ROWS], {}),
                            ("view of I_f", name, ["features", model, photo, ROWS], {}),
                            ("prediction engine, from a zip, the first time", name, ["zip-engine", zips[name], photo], cache),
                            ("prediction engine, from a zip", name, ["zip-engine", zips[name], photo], cache),
                            (f"view of {ROWS} rows, from a zip", name, ["zip-view", zips[name], photo, ROWS], cache)]
        contestants = [c for c in contestants if not arguments.only or arguments.only in c[0] or c[2][0] == "bare"]
        seen = {}
        for turn in range(arguments.rounds):
            for contestant in contestants:
                what, name, command, environment = contestant
                if "first time" in what:
                    shutil.rmtree(environment["CLIP_MODEL_CACHE"], ignore_errors=True)
                answer = run(programs[name], command, environment)
                seen.setdefault((what, name), []).append(answer)
                print(turn + 1, name, what, f"{answer['first']:.3f} s {answer['VmHWM'] / 1e6:.0f} MB", file=sys.stderr)
    median = lambda key, of: statistics.median(a[of] for a in seen[key])
    bare = (contestants[0][0], "now")
    lines = ["| | | first, s | against ONNX Runtime | peak, MB | against ONNX Runtime | own, MB |", "|---|---|---:|---:|---:|---:|---:|"]
    for key in seen:
        first, peak = median(key, "first"), median(key, "VmHWM")
        lines.append(f"| {key[0]} | {'' if key == bare else key[1]} | {first:.2f} | {first / median(bare, 'first'):.2f} | {peak / 1e6:.0f} | {peak / median(bare, 'VmHWM'):.2f} | {median(key, 'RssAnon') / 1e6:.0f} |")
    text = "\n".join(lines) + "\n"
    bits = {name: {a["bits"] for (what, n), answers in seen.items() if n == name and "ONNX" not in what and "I_f" not in what for a in answers} for name in programs}
    text += f"\nThe first embedding, bit by bit: {', '.join(f'{n}: ' + ' / '.join(sorted(b)) for n, b in bits.items())}.\n"
    for name, times in saving.items():
        took, written, synced, size = (statistics.median(column) for column in zip(*times))
        text += f"\nSaving ({name}): {size / 1e6:.0f} MB in {took:.2f} s, hashed and checked on the way. Writing as many bytes takes {written:.2f} s, and {synced:.2f} s until they lie on the disk (fsync): {took / written:.1f} and {took / synced:.1f} times.\n"
    text = f"# Memory and the first embedding\n\n{processor()}. ViT-B/32 with random weights, its image tower 351 MB; {arguments.rounds} rounds, interleaved, medians. Command: `python3 benchmarks/compare/memory.py --rounds {arguments.rounds}`.\n\n" + text
    text += ("\n\"First\": from the start of the process to its first embedding. \"Peak\": the most memory that was ever resident, of the process and of files that it has mapped (VmHWM). "
             "\"Own\": what is resident at the end and is no file (RssAnon): it can only be swapped, while pages of files can be dropped. \"View\": rows through ML.NET's lazy `Transform`, in batches; "
             "\"prediction engine\": one row at a time. \"I_f\": features before the projection (`ClipFeatures.Encoder`), which the graph does not give out. \"Zip\": a pipeline saved by `ml.Model.Save`; "
             "\"the first time\": with an empty cache of weights. \"The first embedding, bit by bit\": its first values, to see that all ways give the same.\n")
    if arguments.output:
        with open(arguments.output, "w") as output:
            output.write(text)
    print(text)


main()
