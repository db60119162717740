#!/usr/bin/env python3
"""scikit-learn's optima of logistic regression, for GoldenProbeTests.

    /usr/bin/python3 eng/golden/linear_probe.py ../shared/fixtures/linear-probe [--check]

Problems are NAME.X.npy (float32, rows by features), NAME.y.npy (int32) and, where rows have weights, NAME.w.npy. Those in the folder are taken as they are; in an
empty one three are made. NAME.json has what scikit-learn finds for them. --check writes nothing and compares.

Versions: scikit-learn 1.2.1, numpy 1.24.2 (Debian 12: python3-sklearn).
"""
import argparse
import glob
import json
import os
import sys
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

STRENGTHS = {"blobs5": [0.01, 1, 100], "unit20": [0.316, 10, 1000], "weighted4": [0.1, 10]}


def make(folder):
    """Clusters that overlap, of uneven sizes: plain, of unit length as CLIP's embeddings are, and with weights."""
    for name, (n, d, k, separation) in {"blobs5": (1000, 32, 5, 0.3), "unit20": (2000, 64, 20, 0.35), "weighted4": (800, 16, 4, 0.4)}.items():
        random = np.random.default_rng(len(name) + n)
        y = random.choice(k, n, p=(share := np.arange(1, k + 1)) / share.sum()).astype(np.int32)
        y[:k] = np.arange(k)
        x = random.normal(size=(k, d))[y] * separation + random.normal(size=(n, d))
        if name == "unit20":
            x = (x + 1) / np.linalg.norm(x + 1, axis=1, keepdims=True)
        np.save(f"{folder}/{name}.X.npy", x.astype(np.float32))
        np.save(f"{folder}/{name}.y.npy", y)
        if name == "weighted4":
            np.save(f"{folder}/{name}.w.npy", random.uniform(0.2, 3, n * 4 // 5).astype(np.float32))


def fit(x, y, w, validation, c):
    model = LogisticRegression(C=c, multi_class="multinomial", max_iter=10_000, tol=1e-10).fit(x, y, w)
    z = x.astype(np.float64) @ model.coef_.T + model.intercept_
    z -= z.max(axis=1, keepdims=True)
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]
    objective = c * (losses if w is None else w * losses).sum() + 0.5 * (model.coef_ ** 2).sum()
    return {"C": c, "l2": 1 / c, "objective": float(objective), "iters": int(model.n_iter_[0]), "train_acc": float(model.score(x, y)),
            "val_pred": model.predict(validation).tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    os.makedirs(arguments.folder, exist_ok=True)
    if not glob.glob(f"{arguments.folder}/*.X.npy"):
        make(arguments.folder)
    worst = 0.0
    for file in sorted(glob.glob(f"{arguments.folder}/*.X.npy")):
        stem = file[:-len(".X.npy")]
        name = os.path.basename(stem)
        x, y = np.load(file), np.load(stem + ".y.npy")
        w = np.load(stem + ".w.npy") if os.path.exists(stem + ".w.npy") else None
        train = len(y) * 4 // 5
        known = json.load(open(stem + ".json"))["fits"] if arguments.check else []
        fits = [fit(x[:train], y[:train], w, x[train:], c) for c in [f["C"] for f in known] or STRENGTHS[name]]
        for ours, theirs in zip(fits, known):
            difference = abs(ours["objective"] / theirs["objective"] - 1)
            worst = max(worst, difference)
            print(f"{name}, C = {ours['C']}: objective {difference:.1e} apart, predictions {'equal' if ours['val_pred'] == theirs['val_pred'] else 'DIFFERENT'}")
            if ours["val_pred"] != theirs["val_pred"]:
                worst = max(worst, 1)
        if not arguments.check:
            json.dump({"name": name, "n": len(y), "train": train, "d": x.shape[1], "k": int(y.max()) + 1, "weighted": w is not None, "sklearn": sklearn.__version__,
                       "note": "objective = C*sum(w_i*nll_i)+0.5*||W||^2, bias not penalised; the first 4/5 of the rows are the training rows", "fits": fits},
                      open(stem + ".json", "w"))
    sys.exit(worst > 1e-6)


main()
