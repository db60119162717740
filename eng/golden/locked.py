#!/usr/bin/env python3
"""Heads of locked-image tuning as scikit-learn, numpy in float64, and PyTorch in float64 find them, for LockedGoldenTests.

    /usr/bin/python3 eng/golden/locked.py tests/Microsoft.ML.Clip.Tests/Golden/locked.json [--check]

The problems are drawn by seeds. Ridge is scikit-learn's, with sample weights; the bilinear form and the kernel are written out; hidden units are those that .NET's generator draws, and
what is made of them is scikit-learn's ridge again; the contrastive loss is differentiated by PyTorch, with a hidden layer on one side. --check writes nothing and compares with what is there.

Versions: scikit-learn 1.2.1, numpy 1.24.2, PyTorch 1.13.0 (Debian 12: python3-sklearn python3-torch).
"""
import json
import sys

import numpy as np
import torch
from sklearn.linear_model import Ridge

IMAGES, TEXTS, WIDTH, TEXT_WIDTH = 40, 9, 7, 5
IMAGE_REGULARIZATION, TEXT_REGULARIZATION, SHARPNESS = 0.5, 0.25, 3.0
HIDDEN_UNITS, WHITENING, SEED = 6, 0.75, 1


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def rounded(x):
    return np.asarray(x, dtype=np.float32).astype(np.float64)


class DotNetRandom:
    """.NET's System.Random with a seed (Knuth's subtractive generator), whose seed goes through SplitMix64 first: SeededRandom."""

    LARGEST = 2**31 - 1

    def __init__(self, seed):
        mask = 2**64 - 1
        z = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z = (z ^ (z >> 31)) >> 33
        values, last, current = [0] * 56, 161803398 - z, 1
        values[55] = last
        for i in range(1, 55):
            place = 21 * i % 55
            values[place] = current
            current = self.positive(last - current)
            last = values[place]
        for _ in range(4):
            for i in range(1, 56):
                values[i] = self.positive(values[i] - values[1 + (i + 30) % 55])
        self.values, self.at, self.other = values, 0, 21

    def positive(self, value):
        # Differences are those of 32 bits.
        value = (value + 2**31) % 2**32 - 2**31
        return value + (self.LARGEST if value < 0 else 0)

    def uniform(self):
        self.at, self.other = self.at % 55 + 1, self.other % 55 + 1
        value = self.values[self.at] - self.values[self.other]
        value -= value == self.LARGEST
        value += self.LARGEST if value < 0 else 0
        self.values[self.at] = value
        return value / self.LARGEST

    def normal(self):
        return np.sqrt(-2 * np.log(1 - self.uniform())) * np.cos(2 * np.pi * self.uniform())


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

    def with_units(equal, whitening):
        drawn = DotNetRandom(SEED)
        hidden = rounded([[4 * drawn.normal() for _ in range(HIDDEN_UNITS)] for _ in range(WIDTH)])
        bias = rounded([2 * drawn.normal() for _ in range(HIDDEN_UNITS)])
        p = u @ hidden + bias
        p = p / (1 + np.exp(-1.702 * p))
        z = np.hstack([u, p])
        z -= weights @ z / weights.sum()
        spread = weights @ z**2
        z[:, WIDTH:] *= np.sqrt(spread[:WIDTH].mean() / spread[WIDTH:].mean())
        system = z.T @ (weights[:, None] * z)
        mean = np.trace(system) / len(system)
        fitted = Ridge(alpha=IMAGE_REGULARIZATION * mean, fit_intercept=False, solver="cholesky").fit(z, y, sample_weight=weights)
        measure = (system / mean if whitening else 0) + (whitening or 1) * np.eye(len(system))
        b = fitted.coef_
        if equal:
            length = np.sqrt(((b @ measure) * b).sum(axis=1, keepdims=True))
            b = np.divide(b, length, out=np.zeros_like(b), where=length > 0)
        q = kernel[named].T @ kernel[named]
        t = kernel @ np.linalg.solve(q + TEXT_REGULARIZATION * np.trace(q) / len(q) * np.eye(len(q)), kernel[named].T @ b[named])
        # Lengths of texts are measured by M, those of images by its inverse.
        t /= np.sqrt(((t @ measure) * t).sum(axis=1, keepdims=True))
        z = z / np.sqrt(((z @ np.linalg.inv(measure)) * z).sum(axis=1, keepdims=True))
        return z @ t.T

    return {
        "hiddenUnits": HIDDEN_UNITS, "whitening": WHITENING, "units": with_units(False, None), "equalUnits": with_units(True, None), "whitenedUnits": with_units(True, WHITENING),
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
