#!/usr/bin/env python3
"""Accuracy on CIFAR-10, ours beside scikit-learn's, on exactly the same features and split.

    /usr/bin/python3 benchmarks/compare/linear_probe_cifar10.py [--per-class 500] [--model DIR] [--features encoder]

The sample computes the features (of --per-class training images of each class and a fifth as many test images; 0 means all 60,000), finds C by the
paper's sweep and exports them; then both fit the training rows with that C and with two others. scikit-learn gets up to 5000
iterations.
"""
import argparse, json, os, subprocess, sys, tempfile
import numpy as np
from linear_probe import HERE, contestants

parser = argparse.ArgumentParser()
parser.add_argument("--per-class", type=int, default=500)
parser.add_argument("--model")
parser.add_argument("--features", default="encoder")
parser.add_argument("--threads", type=int, default=os.cpu_count())
a = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    stem = os.path.join(folder, "cifar10")
    sample = os.path.join(HERE, "../../samples/LinearProbe")
    subprocess.run(["dotnet", "run", "-c", "Release", "--project", sample, "--", "--per-class", str(a.per_class), "--features", a.features, "--export", stem, "--output", stem + ".zip"]
                   + (["--model", a.model] if a.model else []), check=True)
    ours, theirs = contestants(a.threads)
    ours.ask("load", stem)
    theirs.ask("load", stem)
    shape = json.load(open(stem + ".json"))
    truth = np.fromfile(stem + ".yval.bin", np.int32)
    print(f"\n{shape['rows']} training rows, {len(truth)} test rows, {shape['dimension']} features")
    print(f"{'C':>10}  {'ours':>8}  {'sklearn':>8}  {'difference':>10}  {'same predictions':>16}  objective, ours / sklearn's - 1")
    worst = 0
    for c in sorted({1 / shape["l2"], 0.316, 10.0}):
        o = ours.ask("fit", 1 / c, 1e-8)
        mine = np.array(ours.ask("predict")["predicted"])
        t = theirs.ask("fit", c, 1e-6, 5000)
        other = np.array(theirs.ask("predict", stem)["predicted"])
        accuracy, reference = 100 * (mine == truth).mean(), 100 * (other == truth).mean()
        worst = max(worst, abs(accuracy - reference))
        print(f"{c:10.4g}  {accuracy:7.2f}%  {reference:7.2f}%  {accuracy - reference:+9.2f}  {100 * (mine == other).mean():15.2f}%  {o['objective'] / t['objective'] - 1:+.1e}", flush=True)
    ours.quit()
    theirs.quit()
print(f"largest difference: {worst:.2f} points (0.3 allowed)")
sys.exit(int(worst > 0.3))
