#!/usr/bin/env python3
"""Writes the pages of benchmarks/results from what was measured: compare.md beside every compare.json, README.md with the processors side by side, and the table
in the repository's README.md.

    python3 benchmarks/compare/pages.py

compare.json has the processor, and for each task the day, the command, the versions and the contestants' lines; a processor of which only ratios are known
has them without rates, and says in "source" where they come from.
"""
import glob
import json
import os
import platform
import re

from tasks import LIMITS, TASKS

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(os.path.dirname(HERE), "results")
README = os.path.join(os.path.dirname(os.path.dirname(HERE)), "README.md")
BEGIN, END = "<!-- written by benchmarks/compare/pages.py -->", "<!-- end -->"
INTRODUCTION = ("`ratio` is the first line's speed divided by the line's, by medians of rounds in which the contestants took turns. It is true of this processor: what another one does differently "
                "is in [results](../README.md). `agrees` is the cosine between the line's result and the first line's for the same input (all contestants but the PyTorch models have the same weights).")
PAGES = {
    "compare.md": "pipelines, texts, tokenising, preprocessing",
    "profile.md": "where the encoder's time goes, by operator",
    "graphs.md": "ways to write the image tower",
    "quantization.md": "models in 8 bits",
    "memory.md": "memory of a process that embeds",
    "search.md": "exact search beside NumPy and faiss",
    "growth.md": "cost a row, from 1,000 to 100,000 rows",
    "training.md": "training beside PyTorch",
    "ranks.md": "two ranks beside two threads",
    "linear-probe.md": "the linear probe beside scikit-learn",
    "few-shot.md": "accuracy over the rows a class",
    "evaluation.md": "metrics beside CLIP_benchmark",
    "tokenizers.md": "tokenizers of every kind",
    "first-answer.md": "from a process's start to its first embedding",
    "zero-shot-fit.md": "class weights of many prompts",
    "generators.md": "embedding generators beside what they stand on",
    "shards.md": "workers of shards beside the pipeline",
    "hub.md": "downloads",
    "micro.md": "parts by themselves",
    "gpu.md": "on a GPU",
}

GENERATIONS = [("AuthenticAMD", 23, 0x31, 0x31, "Zen 2"), ("AuthenticAMD", 25, 0x00, 0x0f, "Zen 3"), ("AuthenticAMD", 25, 0x10, 0x1f, "Zen 4"), ("AuthenticAMD", 25, 0xa0, 0xaf, "Zen 4"),
               ("AuthenticAMD", 26, 0x00, 0x1f, "Zen 5"), ("GenuineIntel", 6, 0x55, 0x55, "Skylake"), ("GenuineIntel", 6, 0x6a, 0x6a, "Ice Lake"), ("GenuineIntel", 6, 0x8f, 0x8f, "Sapphire Rapids"),
               ("GenuineIntel", 6, 0xcf, 0xcf, "Emerald Rapids"), ("GenuineIntel", 6, 0xad, 0xad, "Granite Rapids")]


def cpuinfo(key):
    with open("/proc/cpuinfo") as file:
        return re.search(rf"^{key}\s*: (.*)$", file.read(), re.MULTILINE).group(1).strip()


def processor_name():
    try:
        return cpuinfo("model name")
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def generation():
    """What makes differ in speed that has one name: virtual machines say "AMD EPYC" of every generation. By family, and models from to; None of what is not in the list."""
    try:
        family, model = int(cpuinfo("cpu family")), int(cpuinfo("model"))
        vendor = cpuinfo("vendor_id")
    except (OSError, AttributeError, ValueError):
        return None
    return next((name for v, f, low, high, name in GENERATIONS if v == vendor and f == family and low <= model <= high), f"family {family}")


def folder_name():
    """The folder of benchmarks/results that the machine's figures go to."""
    words = " ".join(filter(None, [processor_name(), generation()])).lower()
    return f"{re.sub(r'[^a-z0-9]+', '-', words).strip('-')}-{os.cpu_count()}-cores"


def processor():
    """The name, and what decides speed: the generation, and how many values a multiplier takes."""
    name, words = processor_name(), []
    try:
        flags = cpuinfo("flags").split()
        words = [f"family {cpuinfo('cpu family')}"] + [g for g in [generation()] if not g.startswith("family")]
        words += ["AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"]
        words += ["VNNI" if "avx512_vnni" in flags or "avx_vnni" in flags else "no VNNI", "AMX" if "amx_tile" in flags else "no AMX"]
    except (OSError, AttributeError):
        pass
    return f"{name} ({', '.join(words)}), {os.cpu_count()} cores"


def limit(data, task, ours, rivals):
    """Times as fast as the fastest of the rivals, and that one's line; None if there is none."""
    lines = [line for line in data.get("tasks", {}).get(task, {}).get("lines", []) if "ratio" in line]
    own = next((line["ratio"] for line in lines if line["name"] == ours), 1)
    lines = [line for line in lines if any(line["name"] == r or line["name"].startswith(r) for r in rivals) and line["name"] != ours]
    best = min(lines, key=lambda line: line["ratio"], default=None)
    return (best["ratio"] / own, best) if best else (None, None)



def what_is(task, line):
    return line.get("what") or next((w for name, _, w in TASKS[task][2] if name == line["name"]), line["name"])


def short(text):
    return re.sub(r"^\([a-f]'?\) ", "", text)


def page(data):
    lines = ["# Side by side", "", f"{data['processor']}.{' ' + data['source'] if 'source' in data else ''}", "", INTRODUCTION, "",
             "Written by `benchmarks/compare/pages.py` from compare.json; what is measured, and how, is in benchmarks/compare/README.md.", "",
             "## Against the fastest rival of each kind", "", "| what | against | times as fast | aim | the rival |", "|---|---|---:|---:|---|"]
    for task, ours, rivals, what, against, aim in LIMITS:
        ratio, best = limit(data, task, ours, rivals)
        value = "not measured" if ratio is None else f"{ratio:.2f}"
        reached = "" if aim is None else f"{aim:g}" if ratio is None else f"{aim:g}, {'reached' if ratio >= aim else 'missed'}"
        lines.append(f"| {what} | {against} | {value} | {reached} | {short(what_is(task, best)) if best else ''} |")
    for task, (heading, unit, _) in TASKS.items():
        part = data.get("tasks", {}).get(task)
        lines += ["", f"## {heading}", ""]
        if part is None:
            lines.append("Not measured on this processor.")
            continue
        made = f"{part['date']}" + (f", {part['rounds']} rounds, `{part['command']}`" if "rounds" in part else "")
        versions = ", ".join(f"{name} {version}" for name, version in part.get("versions", {}).items())
        lines += [f"{made}.{' ' + versions + '.' if versions else ''}{' ' + part['note'] if 'note' in part else ''}", ""]
        lines += table(task, unit, part["lines"])
    return "\n".join(lines) + "\n"


def table(task, unit, lines):
    has_percentiles, has_rates = any("p50" in line for line in lines), any("rate" in line for line in lines)
    columns = ["contestant", *([unit] if has_rates else []), "ratio", *(["slowest to fastest round"] if has_rates else []), *(["p50, ms", "p99, ms"] if has_percentiles else []), "agrees"]
    out = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    for line in lines:
        cells = [what_is(task, line)]
        if "absent" in line:
            out.append(f"| {cells[0]} | not measured: {line['absent']} |{' |' * (len(columns) - 2)}")
            continue
        cells += [f"{line['rate']:,.4g}"] if has_rates else []
        cells += [f"{line['ratio']:.2f}"]
        cells += [f"{line['slowest']:,.4g} - {line['fastest']:,.4g}"] if has_rates else []
        cells += [f"{1e3 * line['p50']:.2f}", f"{1e3 * line['p99']:.2f}"] if has_percentiles else []
        cells += [f"{line['agrees']:.5f}" if "agrees" in line else ""]
        out.append(f"| {' | '.join(cells)} |")
    return out


def overview(folders):
    """The processors side by side; only the lowest ratio is claimed."""
    seen = {name: data for name, data in folders.items() if data}
    lines = ["# Results by processor", "",
             "Times as fast as the fastest rival of the kind, by medians of rounds in which the contestants took turns on that processor. **Ratios do not carry over from one processor to another**, so what is claimed is "
             "the lowest of those that were measured, and a line that one processor alone has is true of that one and says `(one)`. A processor's page has all settings, rates and days; `-` was not measured there.", "",
             "Written by `benchmarks/compare/pages.py`; `python3 benchmarks/compare/compare.py` adds the machine that it runs on.", ""]
    for name, data in seen.items():
        days = sorted({part["date"] for part in data["tasks"].values()})
        lines.append(f"- [{name}]({name}/compare.md): {data['processor']}; {days[0] if len(days) == 1 else f'{days[0]} to {days[-1]}'}.{' ' + data['source'] if 'source' in data else ''}")
    lines += ["", f"| what | against | {' | '.join(seen)} | claimed |", f"|---|---|{'---:|' * (len(seen) + 1)}"]
    for task, ours, rivals, what, against, _ in LIMITS:
        ratios = [limit(data, task, ours, rivals)[0] for data in seen.values()]
        known = [ratio for ratio in ratios if ratio is not None]
        cells = [what, against, *("-" if ratio is None else f"{ratio:.2f}" for ratio in ratios), "-" if not known else f"{min(known):.2f}" if len(known) > 1 else f"{known[0]:.2f} (one)"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## All pages", "", f"| page | {' | '.join(folders)} |", f"|---|{'---|' * len(folders)}"]
    found = {os.path.basename(f) for name in folders for f in glob.glob(os.path.join(RESULTS, name, "*.md"))}
    for file in [*PAGES, *sorted(found - set(PAGES))]:
        if file in found:
            cells = [f"[{file}]({name}/{file})" if os.path.exists(os.path.join(RESULTS, name, file)) else "" for name in folders]
            lines.append(f"| {PAGES.get(file, file[:-3])} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def summary(folders):
    """The table of the repository's README.md: from the lowest to the highest over processors."""
    lines = ["| what | against | times as fast |", "|---|---|---:|"]
    for task, ours, rivals, what, against, _ in LIMITS:
        seen = [(limit(data, task, ours, rivals)[0], next((g for *_, g in GENERATIONS if f", {g}," in data["processor"]), data["processor"].split(" (")[0])) for data in folders.values() if data]
        known = [(f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}", name) for ratio, name in sorted(s for s in seen if s[0] is not None)]
        if known:
            low, high = known[0], known[-1]
            lines.append(f"| {what} | {against} | {f'{low[0]} ({low[1]} alone)' if len(known) == 1 else low[0] if low[0] == high[0] else f'{low[0]} to {high[0]}'} |")
        elif what:
            lines.append(f"| {what} | {against} | not measured |")
    return "\n".join(lines)


def write_overview():
    folders = {}
    for folder in sorted(glob.glob(os.path.join(RESULTS, "*", ""))):
        name, file_name = os.path.basename(os.path.dirname(folder)), os.path.join(folder, "compare.json")
        folders[name] = None
        if os.path.exists(file_name):
            with open(file_name) as file:
                folders[name] = json.load(file)
            with open(os.path.join(folder, "compare.md"), "w") as file:
                file.write(page(folders[name]))
    with open(os.path.join(RESULTS, "README.md"), "w") as file:
        file.write(overview(folders))
    with open(README) as file:
        before, _, rest = file.read().partition(BEGIN)
    if rest:
        with open(README, "w") as file:
            file.write(f"{before}{BEGIN}\n{summary(folders)}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    write_overview()
