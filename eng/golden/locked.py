#!/usr/bin/env python3
"""Heads of locked-image tuning as scikit-learn, numpy in float64, and PyTorch in float64 find them, for LockedGoldenTests.

    /usr/bin/python3 eng/golden/locked.py tests/Microsoft.ML.Clip.Tests/Golden/locked.json [--check]

The problems are drawn by seeds. Ridge is scikit-learn's, with sample weights; the bilinear form and the kernel are written out; the contrastive loss is differentiated by PyTorch, with a
hidden layer on one side. --check writes nothing and compares with what is there.

Versions: scikit-learn 1.2.1, numpy 1.24.2, PyTorch 1.13.0 (Debian 12: python3-sklearn python3-torch).
"""
import json
import sys

import numpy as np
import torch
from sklearn.linear_model import Ridge

IMAGES, TEXTS, WIDTH, TEXT_WIDTH = 40, 9, 7, 5
IMAGE_REGULARIZATION, TEXT_REGULARIZATION, SHARPNESS = 0.5, 0.25, 3.0


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def rounded(x):
    return np.asarray(x, dtype=np.float32).astype(np.float64)


def closed_forms(random):
    images, texts = rounded(random.normal(size=(IMAGES, WIDTH)) + 0.5), rounded(random.normal(size=(TEXTS, TEXT_WIDTH)) + 0.3)
    weights = rounded(random.uniform(0.5, 2, IMAGES))
    # The last text belongs to nobody; every third image has two.
    targets = [(i, i % (TEXTS - 1), 1.0) for i in range(IMAGES)] + [(i, (i + 3) % (TEXTS - 1), 0.5) for i in range(0, IMAGES, 3)]
    y = np.zeros((IMAGES, TEXTS))
    for i, t, w in targets:
        y[i, t] = w
    named = y.sum(axis=0) > 0

    image_mean = (weights[:, None] * unit(images)).sum(axis=0) / weights.sum()
    text_mean = unit(texts)[named].mean(axis=0)
    x, s = unit(images) - image_mean, unit(unit(texts) - text_mean)
    gram = x.T @ (weights[:, None] * x)
    alpha = IMAGE_REGULARIZATION * np.trace(gram) / WIDTH
    u = unit(x)

    model = Ridge(alpha=alpha, fit_intercept=False, solver="cholesky").fit(x, (y / y.sum(axis=1, keepdims=True)) @ s, sample_weight=weights)
    ridge = {"images": unit(u @ model.coef_.T), "texts": s, "weights": model.coef_.T}

    def bilinear(phi):
        system = phi[named].T @ phi[named]
        system += TEXT_REGULARIZATION * np.trace(system) / len(system) * np.eye(len(system))
        v = np.linalg.solve(gram + alpha * np.eye(WIDTH), x.T @ (weights[:, None] * y) @ phi) @ np.linalg.inv(system)
        return {"images": u, "texts": unit(phi @ v.T)}

    kernel = np.exp(SHARPNESS * (s @ s[named].T - 1))
    return {
        "images": images, "texts": texts, "imageWeights": weights, "targets": targets, "imageRegularization": IMAGE_REGULARIZATION,
        "textRegularization": TEXT_REGULARIZATION, "sharpness": SHARPNESS, "ridge": ridge, "bilinear": bilinear(s), "kernel": bilinear(kernel),
    }


def contrastive(random):
    batch, texts, width, hidden, dimension, scale = 6, 4, 5, 3, 4, 7.0
    draw = lambda *shape: torch.tensor(rounded(random.normal(size=shape)), requires_grad=True)
    w_image, w_text, h_weights, h_bias, h_output = draw(width, dimension), draw(width, dimension), draw(width, hidden), draw(hidden), draw(hidden, dimension)
    t = torch.tensor(np.log(scale), requires_grad=True)
    image, text = draw(batch, width), draw(texts, width)
    y = torch.tensor(rounded([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1], [1, 0.25, 0, 0], [0, 1, 0, 0]]))
    weights = torch.tensor([1.0, 2.0, 1.0, 0.5, 1.0, 1.0], dtype=torch.float64)
    z = image @ h_weights + h_bias
    e_image = torch.nn.functional.normalize(image @ w_image + (z * torch.sigmoid(1.702 * z)) @ h_output, dim=1)
    e_text = torch.nn.functional.normalize(text @ w_text, dim=1)
    logits = t.exp() * e_image @ e_text.T
    rows = -((y / y.sum(dim=1, keepdim=True)) * logits.log_softmax(dim=1)).sum(dim=1)
    columns = -((y / y.sum(dim=0, keepdim=True)) * logits.log_softmax(dim=0)).sum(dim=0)
    loss = ((weights * rows).sum() / weights.sum() + columns.mean()) / 2
    loss.backward()
    numbers = lambda v: v.detach().numpy()
    return {
        "scale": scale, "images": numbers(image), "texts": numbers(text), "targets": numbers(y), "imageWeights": numbers(weights), "loss": float(loss),
        "imageMatrix": numbers(w_image), "textMatrix": numbers(w_text), "hiddenWeights": numbers(h_weights), "hiddenBias": numbers(h_bias), "hiddenOutput": numbers(h_output),
        "gradients": {
            "imageMatrix": numbers(w_image.grad), "textMatrix": numbers(w_text.grad), "hiddenWeights": numbers(h_weights.grad), "hiddenBias": numbers(h_bias.grad),
            "hiddenOutput": numbers(h_output.grad), "logScale": float(t.grad),
        },
    }


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def distance(a, b):
    if isinstance(a, dict):
        return max(distance(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return max((distance(x, y) for x, y in zip(a, b, strict=True)), default=0)
    return abs(a - b)


def main():
    found = plain({"closedForms": closed_forms(np.random.default_rng(15)), "contrastive": contrastive(np.random.default_rng(16))})
    if "--check" in sys.argv:
        with open(sys.argv[1]) as file:
            print(f"largest difference {distance(json.load(file), found):.2e}")
        return
    with open(sys.argv[1], "w") as file:
        file.write(json.dumps(found, separators=(",", ":")) + "\n")


main()
