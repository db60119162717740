"""What scipy and scikit-learn make of seeded problems: tests/Microsoft.ML.Clip.Evaluation.Tests/Golden/evaluation.json.

    evaluation.py [--check]     Debian 12: python3-scipy python3-sklearn

--check writes nothing and compares with the answers that are there.
"""

import json
import pathlib
import sys

import numpy as np
from scipy import stats
from sklearn import metrics

FILE = pathlib.Path(__file__).parents[2] / "tests" / "Microsoft.ML.Clip.Evaluation.Tests" / "Golden" / "evaluation.json"


def interval(hits, count, confidence):
    tail = (1 - confidence) / 2
    lower = 0.0 if hits == 0 else stats.beta.ppf(tail, hits, count - hits + 1)
    upper = 1.0 if hits == count else stats.beta.ppf(1 - tail, hits + 1, count - hits)
    return {"hits": hits, "count": count, "confidence": confidence, "lower": lower, "upper": upper}


def ranking(seed, rows, levels):
    random = np.random.default_rng(seed)
    positive = random.random(rows) < 0.3
    positive[0], positive[1] = True, False
    scores = (random.random(rows) + 0.5 * positive).astype(np.float32)
    if levels:
        scores = (np.floor(scores * levels) / levels).astype(np.float32)
    return {
        "scores": scores.tolist(),
        "positive": positive.tolist(),
        "auc": metrics.roc_auc_score(positive, scores),
        "average_precision": metrics.average_precision_score(positive, scores),
    }


def classification(seed, rows, classes, used, ties):
    random = np.random.default_rng(seed)
    labels = random.integers(0, used, rows)
    logits = random.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[labels]
    if ties:
        logits = np.round(logits)
    scores = np.exp(logits - logits.max(1, keepdims=True))
    scores = (scores / scores.sum(1, keepdims=True)).astype(np.float32)
    predicted = scores.argmax(1)
    order = np.argsort(-scores, axis=1, kind="stable")
    confidence = scores.max(1).astype(np.float64)
    bins = np.clip(np.ceil(scores.max(1) * np.float32(15)).astype(int) - 1, 0, 14)
    right = predicted == labels
    ece = sum((bins == b).mean() * abs(right[bins == b].mean() - confidence[bins == b].mean()) for b in range(15) if (bins == b).any())
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balanced_accuracy": metrics.recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0),
        "top5": float(np.mean([label in row for label, row in zip(labels, order[:, :5])])),
        "calibration_error": float(ece),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
    }


def agreement(seed, images, classes):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, images)
    first, second = (np.where(random.random(images) < p, labels, random.integers(-1, classes, images)) for p in (0.7, 0.5))
    return {
        "labels": labels.tolist(), "first": first.tolist(), "second": second.tolist(),
        "kappa": metrics.cohen_kappa_score(first, second),
        "error_consistency": metrics.cohen_kappa_score(first == labels, second == labels),
    }


def correlation(seed, count, levels):
    random = np.random.default_rng(seed)
    x = np.floor(random.random(count) * levels) / levels
    y = np.floor((random.random(count) + x) * levels) / levels
    return {"x": x.tolist(), "y": y.tolist(), "spearman": stats.spearmanr(x, y).statistic}


def fit(seed, count, noise):
    random = np.random.default_rng(seed)
    x = random.random(count)
    y = 0.8 * x - 0.2 + noise * random.normal(size=count)
    line = stats.linregress(x, y)
    width = line.stderr * stats.t.ppf(0.975, count - 2)
    return {
        "x": x.tolist(), "y": y.tolist(), "slope": line.slope, "intercept": line.intercept, "correlation": line.rvalue, "p": line.pvalue,
        "error": line.stderr, "lower": line.slope - width, "upper": line.slope + width,
    }


def main():
    golden = {
        "intervals": [interval(k, n, c) for n in (1, 10, 160, 3669, 50000, 2000000) for k in sorted({0, 1, n // 2, n - 1, n}) if 0 <= k <= n for c in (0.95, 0.995)],
        "rankings": [ranking(1, 50, 0), ranking(2, 500, 10), ranking(3, 500, 2), ranking(4, 2, 0), ranking(5, 300, 1)],
        "classifications": [classification(1, 300, 8, 8, False), classification(2, 300, 12, 9, True), classification(3, 40, 7, 1, False)],
        "agreements": [agreement(1, 160, 16), agreement(2, 50, 3)],
        "correlations": [correlation(1, 16, 1000), correlation(2, 37, 5)],
        "mcnemar": [{"first": b, "second": c, "p": stats.binomtest(min(b, c), b + c).pvalue if b + c else 1.0} for b, c in ((0, 0), (0, 1), (3, 9), (10, 10), (120, 80), (1000, 1100))],
        "fits": [fit(1, 27, 0.1), fit(2, 5, 1.0), fit(3, 3, 0.01), fit(4, 300, 0.5)],
        "binomials": [{"hits": k, "count": n, "rate": p, "greater": stats.binomtest(k, n, p, alternative="greater").pvalue, "less": stats.binomtest(k, n, p, alternative="less").pvalue}
                      for n, ks in ((1, (0, 1)), (40, (0, 20, 33, 40)), (2000, (900, 1560, 1700, 2000))) for k in ks for p in (0.1, 0.5, 0.781)],
    }
    text = json.dumps(golden)
    if "--check" in sys.argv:
        there = json.loads(FILE.read_text())
        print("the same" if there == json.loads(text) else "different")
        return
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text + "\n")


main()
