#!/usr/bin/env python3
"""The loss of Figure 3 of the CLIP paper and its gradients, for ContrastiveLossTests.

    /usr/bin/python3 eng/golden/contrastive.py ../shared/fixtures/contrastive [--check]

loss.json holds features I_f and T_f, projections W_i and W_t and the temperature t of a few batches, with what PyTorch computes from them in float64. Where the
file is there, its inputs are taken as they are; else they are drawn. --check writes nothing and compares.

Version: PyTorch 1.13 (Debian 12: python3-torch); any newer one should give the same.
"""
import argparse
import json
import os
import sys

import torch

# Images; the widths of I_f, T_f and the joint space; t. The last is the highest temperature that training allows, 100.
SIZES = [(4, 6, 5, 3, 2.6592), (16, 24, 20, 12, 2.6592), (8, 8, 8, 8, 4.6052)]
INPUTS = ["I_f", "T_f", "W_i", "W_t", "t"]


def make():
    generator = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)
    return [dict(I_f=normal(n, i).tolist(), T_f=normal(n, t).tolist(), W_i=(normal(i, e) * i ** -0.5).tolist(), W_t=(normal(t, e) * t ** -0.5).tolist(), t=temperature)
            for n, i, t, e, temperature in SIZES]


def compute(case):
    v = {name: torch.tensor(case[name], dtype=torch.float64, requires_grad=True) for name in INPUTS}
    # Figure 3, line by line.
    i_e = torch.nn.functional.normalize(v["I_f"] @ v["W_i"], dim=1)
    t_e = torch.nn.functional.normalize(v["T_f"] @ v["W_t"], dim=1)
    logits = i_e @ t_e.T * v["t"].exp()
    labels = torch.arange(len(logits))
    loss_i = torch.nn.functional.cross_entropy(logits, labels)
    loss_t = torch.nn.functional.cross_entropy(logits.T, labels)
    loss = (loss_i + loss_t) / 2
    loss.backward()
    return {"n": len(logits), "d_i": v["I_f"].shape[1], "d_t": v["T_f"].shape[1], "d_e": v["W_i"].shape[1], **{name: case[name] for name in INPUTS},
            "logits": logits.tolist(), "loss_image_to_text": loss_i.item(), "loss_text_to_image": loss_t.item(), "loss": loss.item(),
            **{f"grad_{name}": v[name].grad.tolist() for name in INPUTS}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    file = os.path.join(arguments.folder, "loss.json")
    known = json.load(open(file))["cases"] if os.path.exists(file) else None
    cases = [compute(case) for case in known or make()]
    if not arguments.check:
        os.makedirs(arguments.folder, exist_ok=True)
        json.dump({"source": f"PyTorch {torch.__version__}, float64; CLIP paper Figure 3", "cases": cases}, open(file, "w"))
        return
    worst = max(float((torch.tensor(ours[key], dtype=torch.float64) - torch.tensor(theirs[key], dtype=torch.float64)).abs().max())
                for ours, theirs in zip(cases, known) for key in ours)
    print(f"{len(cases)} cases, at most {worst:.1e} apart")
    sys.exit(worst > 1e-12)


main()
