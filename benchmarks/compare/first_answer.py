#!/usr/bin/env python3
"""Time from the start of a process to its first embedding, each a fresh process: ONNX Runtime alone, and this library in three builds. Linux.

    python3 benchmarks/compare/first_answer.py [--rounds 9] [--folder DIR] [--only small|vit-b-32] [--output FILE]

Contestants take turns, medians are shown, files are in the page cache. "bare" opens a session on the same file and runs it on an image of zeros: it decodes no image,
has no tokenizer, and reads no configuration. The builds: as `dotnet build` leaves the library ("built"), as its package has it ("package", `dotnet pack
-p:ReadyToRun=true`), and an application that is published with PublishReadyToRun ("published": all of it compiled beforehand). The models are those of compare.py.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROJECT = os.path.join(ROOT, "benchmarks", "memory")
NAME = "Microsoft.ML.Clip.Memory.dll"


def build():
    folders = {"built": "bin/Release/net10.0", "package": "bin/ReadyToRun", "published": "bin/Published"}
    programs = {build: os.path.join(PROJECT, folder, NAME) for build, folder in folders.items()}
    if not os.environ.get("NO_BUILD"):
        for arguments in (["build"], ["build", "-p:ReadyToRun=true"],
                          ["publish", "-r", "linux-x64", "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", os.path.join(PROJECT, folders["published"])]):
            subprocess.run(["dotnet", arguments[0], "-c", "Release", "-v", "q", *arguments[1:], PROJECT], check=True, stdout=sys.stderr)
    return programs


def run(dll, arguments):
    start = time.monotonic()
    process = subprocess.Popen(["dotnet", dll, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    first = None
    for line in process.stdout:
        if first is None and line.startswith("first"):
            first = time.monotonic() - start
    if process.wait() != 0:
        raise SystemExit(f"{arguments} failed")
    return first


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=["small", "vit-b-32"])
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "clip-workload"))
    parser.add_argument("--output")
    arguments = parser.parse_args()
    programs = build()
    photo = sorted(os.scandir(os.path.join(arguments.folder, "photographs")), key=lambda e: e.name)[0].path
    lines = []
    for title, folder in (("small", "tiny"), ("vit-b-32", "vit-b-32")):
        if arguments.only not in (None, title):
            continue
        model = os.path.join(arguments.folder, "models", folder)
        with open(os.path.join(model, "config.json")) as config:
            size = str(json.load(config)["vision_config"]["image_size"])
        contestants = {("bare", "ONNX Runtime alone"): (programs["built"], ["bare", os.path.join(model, "onnx", "vision_model.onnx"), size, "1"])}
        for name, dll in programs.items():
            contestants[name, "ClipModel.EncodeImage"] = (dll, ["image", model, photo])
            contestants[name, "ClipModel.EncodeText"] = (dll, ["text", model, "a photo of a dog"])
            contestants[name, "prediction engine"] = (dll, ["engine", model, photo])
        seen = {key: [] for key in contestants}
        for turn in range(arguments.rounds):
            for key, (dll, command) in contestants.items():
                seen[key].append(run(dll, command))
            print(f"{title}: round {turn + 1} of {arguments.rounds}", file=sys.stderr)
        bare = statistics.median(seen["bare", "ONNX Runtime alone"])
        lines += [f"## {title}", "", "| | build | first answer, ms | fastest, ms | against ONNX Runtime alone |", "|---|---|---:|---:|---:|"]
        for (name, what), times in sorted(seen.items(), key=lambda item: (item[0][0] != "bare", item[0][1])):
            median = statistics.median(times)
            lines.append(f"| {what} | {'' if name == 'bare' else name} | {1000 * median:.0f} | {1000 * min(times):.0f} | {median / bare:.2f} |")
        lines.append("")
    text = "\n".join(lines)
    if arguments.output:
        with open(arguments.output, "w") as output:
            output.write(text)
    print(text)


main()
