"""Runs what a plan has left, by Spark: spark-submit embed.py PLAN [SHARDS_PER_TASK]

Each partition's shards go down the standard input of one mlclip, which answers with a line of JSON for each. MLCLIP is the command (default: mlclip),
MLCLIP_MODEL the model of the plan; plan, model, images and command are where every executor finds them.
"""

import json
import os
import shlex
import subprocess
import sys

from pyspark import SparkContext

# The variables that the executors' mlclip needs: PySpark's pipe starts it with those that it is given and no others.
PASSED = (
    "PATH", "HOME", "TMPDIR", "DOTNET_ROOT", "LD_LIBRARY_PATH", "MLCLIP_MODEL", "CLIP_MODEL_CACHE",
    "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "HF_TOKEN", "HTTPS_PROXY", "NO_PROXY",
)


def remaining(command, plan):
    """The shards that are not done, and those of them that take run --redo."""
    run = subprocess.run([*command, "embed", "status", "--plan", plan, "--json"], capture_output=True, text=True)
    if not run.stdout:
        print(run.stderr, file=sys.stderr, end="")
        sys.exit(run.returncode)
    status = json.loads(run.stdout)
    return sorted(status["missing"] + status["failed"]), status["damaged"]


def main():
    plan = sys.argv[1]
    per_task = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    command = os.environ.get("MLCLIP", "mlclip")
    shards, damaged = remaining(command.split(), plan)
    if shards:
        embed(command, plan, shards, per_task)
    elif not damaged:
        print("Nothing is left.")
    if damaged:
        print(f"Damaged, to be run with --redo: {', '.join(map(str, damaged))}", file=sys.stderr)
        sys.exit(42)


def embed(command, plan, shards, per_task):
    """Runs them, and says what came of it."""
    context = SparkContext(appName="clip-embed")
    environment = {name: os.environ[name] for name in PASSED if name in os.environ}
    # Without checkCode a worker that failed would look like one that had nothing to say.
    lines = (
        context.parallelize(shards, max(1, len(shards) // per_task))
        .map(str)
        .pipe(f"{command} embed run --plan {shlex.quote(plan)} --stdin", env=environment, checkCode=True)
        .collect()
    )
    results = [json.loads(line) for line in lines]
    print(f"{len(results)} shards, {sum(r['rows'] for r in results)} rows, {sum(r['failedRows'] for r in results)} of them unreadable")


if __name__ == "__main__":
    main()
