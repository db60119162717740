#!/usr/bin/env python3
"""Runs Microsoft.ML.Clip and what people use now on the same inputs, interleaved, and writes a table of medians and ratios.

    python3 benchmarks/compare/compare.py [--rounds 5] [--only TASK ...] [--among CONTESTANT ...] [--folder DIR] [--openai-clip DIR]

Needs the .NET SDK. Peers are installed where their tools are: transformers.js and onnxruntime-node from npm (Node.js 20), Pillow, torchvision and
torch as Debian's packages (python3-torchvision, python3-torch, python3-regex, python3-tqdm; installed when run as root), OpenAI's code from a clone of
github.com/openai/CLIP. A peer that cannot be had is left out, and the table says so. Models and inputs are generated; see README.md.
"""
import argparse
import datetime
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
PROJECT = os.path.join(REPOSITORY, "benchmarks", "Microsoft.ML.Clip.Benchmarks")
TRANSFORMERS_JS = "4.3.1"
DEBIAN = ["python3-torch", "python3-torchvision", "python3-pil", "python3-regex", "python3-tqdm"]
PYTHON = "/usr/bin/python3"  # Debian's, whatever else is first on the path.

# Contestants: name, worker, what it is. The first is the one that the others are compared with.
TASKS = {
    "pipeline": ("Files of 500x375 -> ViT-B/32 fp32 embeddings", "images/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipImageEmbedding"),
        ("mlnet", "dotnet", "(a) ML.NET: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel"),
        *[(f"ort-{n}", "dotnet", f"(b) bare ONNX Runtime on ready tensors, default session, batch {n}") for n in (1, 4, 8, 16, 32)],
        ("ort-2x-16", "dotnet", "(b') the same, 2 batches of 16 at a time on one thread each"),
        ("transformers.js-1", "node", "(c) transformers.js, onnxruntime-node, batch 1"),
        ("transformers.js-8", "node", "(c) transformers.js, onnxruntime-node, batch 8"),
        ("openai-torch", "python", "(e) OpenAI's PyTorch model and transform, batch 16"),
    ]),
    "pipeline-tiny": ("The same with a tiny encoder: what is around it", "images/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipImageEmbedding"),
        ("decoder", "dotnet", "the JPEG decoder alone, in memory, on all cores: the limit of all that use it, (a) among them"),
        ("mlnet", "dotnet", "(a) ML.NET: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel"),
        ("transformers.js-1", "node", "(c) transformers.js, onnxruntime-node, batch 1"),
        ("transformers.js-8", "node", "(c) transformers.js, onnxruntime-node, batch 8"),
    ]),
    "variants": ("Reduced precision: the pipeline with other files of the same weights", "images/s", [
        ("fp32", "dotnet", "ViT-B/32, float32"),
        ("fp16", "dotnet", "Variant = \"fp16\""),
        ("quantized", "dotnet", "Variant = \"quantized\": 8 bits, dynamic quantisation"),
    ]),
    "settings": ("Settings of the session, ViT-B/32 fp32", "images/s", [
        ("default", "dotnet", "as it comes"),
        ("no-arena", "dotnet", "UseMemoryArena = false"),
        ("one-batch", "dotnet", "ConcurrentBatches = 1: all cores on one batch"),
    ]),
    "engine": ("One image at a time, ViT-B/32 fp32", "images/s", [
        ("clip-image", "dotnet", "Microsoft.ML.Clip, PredictionEngine, MLImage"),
        ("clip-path", "dotnet", "Microsoft.ML.Clip, PredictionEngine, JPEG file"),
        ("ort", "dotnet", "(b) bare ONNX Runtime on ready tensors, default session, batch 1"),
    ]),
    "preprocess": ("Decoded 500x375 -> tensor, one thread", "images/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipImagePreprocessor"),
        ("torchvision", "python", "(d) OpenAI's transform, Pillow and torchvision"),
    ]),
    "large": ("JPEG of 12 megapixels -> tensor, one thread", "images/s", [
        ("clip-fast", "dotnet", "Microsoft.ML.Clip, ClipImageDecoding.Fast"),
        ("clip-exact", "dotnet", "Microsoft.ML.Clip, ClipImageDecoding.Exact"),
        ("pillow", "python", "(d) Pillow and torchvision"),
        ("pillow-draft", "python", "(d) the same, decoded at reduced scale with Image.draft"),
    ]),
    "tokenise": ("10,000 captions -> ids, one thread", "texts/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, ClipTokenizer (keeps no cache: cold is warm)"),
        ("openai-cold", "python", "OpenAI's simple_tokenizer.py, empty cache"),
        ("openai-warm", "python", "OpenAI's simple_tokenizer.py, every word in its cache"),
        ("transformers.js-cold", "node", "(c) transformers.js, new tokenizer"),
        ("transformers.js-warm", "node", "(c) transformers.js, the same texts again"),
    ]),
    "texts": ("Captions -> ViT-B/32 text embeddings", "texts/s", [
        ("clip", "dotnet", "Microsoft.ML.Clip, EncodeTexts: batches of like length, no padding"),
        ("ort", "dotnet", "bare ONNX Runtime on ready ids padded to 77, batch 16"),
    ]),
}


class Worker:
    """A process that measures what it is told, and sleeps otherwise."""

    def __init__(self, command, cwd=None):
        self.command, self.cwd = command, cwd
        environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
        # Fresh pages are dear on virtual machines. Pillow and sharp ask for new ones for every large image, unless malloc is told to keep them.
        environment.update(MALLOC_MMAP_THRESHOLD_="1073741824", MALLOC_TRIM_THRESHOLD_="4294967296")
        self.process = subprocess.Popen(command, cwd=cwd, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(os.devnull, "w"))

    def run(self, task, contestant):
        self.process.stdin.write(f"{task} {contestant}\n")
        self.process.stdin.flush()
        while True:
            answer = self.process.stdout.readline()
            if not answer:
                raise RuntimeError(f"the worker for '{task} {contestant}' ended with {self.process.wait()}")
            if re.match(r"[0-9.eE+-]+ [0-9]+ ", answer):
                break
        seconds, items, sample = answer.rstrip("\n").split(" ", 2)
        return float(seconds) / int(items), [float(v) for v in sample.split(",")] if sample else None

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run(command, **options):
    print("+", " ".join(command), file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr, **options)


def start_workers(folder, openai):
    workers, absent = {}, {}
    run(["dotnet", "build", "-c", "Release", "-v", "q", PROJECT])
    dll = os.path.join(PROJECT, "bin", "Release", "net10.0", "Microsoft.ML.Clip.Benchmarks.dll")
    run(["dotnet", dll, "prepare", folder])
    workers["dotnet"] = Worker(["dotnet", dll, "serve", folder])
    try:
        npm = os.path.join(folder, "npm")
        if not os.path.exists(os.path.join(npm, "node_modules", "@huggingface")):
            os.makedirs(npm, exist_ok=True)
            with open(os.path.join(npm, "package.json"), "w") as file:
                json.dump({"private": True, "dependencies": {"@huggingface/transformers": TRANSFORMERS_JS}}, file)
            # The install script would fetch CUDA libraries; those for the CPU are in the package.
            run(["npm", "install", "--no-audit", "--no-fund"], cwd=npm, env={**os.environ, "ONNXRUNTIME_NODE_INSTALL": "skip"})
        workers["node"] = Worker(["node", os.path.join(HERE, "worker.mjs"), folder], cwd=npm)
    except (OSError, subprocess.CalledProcessError) as error:
        absent["node"] = f"transformers.js could not be installed: {error}"
    if subprocess.run([PYTHON, "-c", "import torchvision, regex, tqdm"], capture_output=True).returncode != 0 and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", *DEBIAN], stdout=sys.stderr)
    if subprocess.run([PYTHON, "-c", "import torchvision, regex, tqdm"], capture_output=True).returncode == 0:
        workers["python"] = Worker([PYTHON, os.path.join(HERE, "worker.py"), folder, openai or "-"])
    else:
        absent["python"] = f"Pillow and torchvision are not here: apt-get install {' '.join(DEBIAN)}"
    return workers, absent


def find_openai(folder, given):
    """A checkout of OpenAI's code: as given (a checkout or a bare repository), or a clone made now."""
    checkout = os.path.join(folder, "openai-clip")
    if os.path.exists(os.path.join(checkout, "clip", "model.py")):
        return checkout
    try:
        run(["git", "clone", "--quiet", given or "https://github.com/openai/CLIP", checkout])
        return checkout
    except subprocess.CalledProcessError:
        return None


def measure(workers, tasks, rounds):
    """Every contestant once per round, in turn: whatever slows the machine down slows all of them."""
    times, samples, failures = {}, {}, {}
    for task in tasks:
        contestants = [(name, worker) for name, worker, _ in TASKS[task][2] if worker in workers]
        for turn in range(rounds):
            for name, worker in contestants:
                if (task, name) in failures:
                    continue
                try:
                    seconds, sample = workers[worker].run(task, name)
                    times.setdefault((task, name), []).append(seconds)
                    samples[task, name] = sample
                    print(f"{task} {turn + 1}/{rounds} {name}: {1 / seconds:.2f}/s", file=sys.stderr)
                except RuntimeError as error:
                    # The others of its kind go on in a new process.
                    failures[task, name] = str(error)
                    workers[worker] = Worker(workers[worker].command, workers[worker].cwd)
                    print(error, file=sys.stderr)
    return times, samples


def cosine(a, b):
    if not a or not b or len(a) != len(b):
        return None
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return re.search(r"model name\s*: (.*)", file.read()).group(1).strip()
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def report(tasks, times, samples, absent, rounds):
    lines = [
        "# Side by side",
        "",
        f"{processor()}, {os.cpu_count()} cores, {platform.system()}, {datetime.date.today()}; medians of {rounds} interleaved rounds. "
        "The ratios are the claim, not the seconds: they are what another machine should see, too.",
        "",
        "`ratio` is the first line's speed divided by the line's, by medians. `agrees` is the cosine between the line's result and the first line's for the same "
        "input (all contestants but OpenAI's model have the same weights).",
        "",
        "Made by `python3 benchmarks/compare/compare.py`; what is measured, and how, is in benchmarks/compare/README.md.",
    ]
    for task in tasks:
        title, unit, contestants = TASKS[task]
        first = contestants[0][0]
        lines += ["", f"## {title}", "", f"| contestant | {unit} | ratio | slowest to fastest round | agrees |", "|---|---:|---:|---:|---:|"]
        for name, worker, description in contestants:
            seen = times.get((task, name))
            if not seen:
                lines.append(f"| {description} | not measured: {absent.get(worker, 'it failed')} | | | |")
                continue
            median, base = statistics.median(seen), statistics.median(times[task, first])
            agreement = cosine(samples.get((task, first)), samples.get((task, name)))
            lines.append(f"| {description} | {1 / median:,.4g} | {median / base:.2f} | {1 / max(seen):,.4g} - {1 / min(seen):,.4g} | "
                         f"{'' if agreement is None or name == first else f'{agreement:.5f}'} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--among", nargs="+", metavar="CONTESTANT", help="leaves the other contestants out, but for the first of each task")
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "clip-workload"), help="for what is generated and installed")
    parser.add_argument("--openai-clip", help="a clone of github.com/openai/CLIP")
    parser.add_argument("--output", help="default: benchmarks/results/PROCESSOR/compare.md")
    arguments = parser.parse_args()
    if arguments.among:
        for task, (title, unit, contestants) in TASKS.items():
            TASKS[task] = title, unit, [contestants[0], *(c for c in contestants[1:] if c[0] in arguments.among)]
    os.makedirs(arguments.folder, exist_ok=True)
    workers, absent = start_workers(arguments.folder, find_openai(arguments.folder, arguments.openai_clip))
    times, samples = measure(workers, arguments.only, arguments.rounds)
    for worker in workers.values():
        worker.close()
    text = report(arguments.only, times, samples, absent, arguments.rounds)
    name = re.sub(r"[^a-z0-9]+", "-", processor().lower()).strip("-")
    output = arguments.output or os.path.join(REPOSITORY, "benchmarks", "results", f"{name}-{os.cpu_count()}-cores", "compare.md")
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output, "w") as file:
        file.write(text)
    print(text)


main()
