#!/usr/bin/env python3
"""The gradient of several ranks with PyTorch's own collectives, for RankGoldenTests.

    /usr/bin/python3 eng/golden/ranks.py tests/Microsoft.ML.Clip.TorchSharp.Tests/Golden/ranks [--check]

Processes (Gloo) hold an equal part of a batch's features each, gather those of all with gradient (torch.distributed.nn.all_gather) and compute the loss as
open_clip does with local_loss and gather_with_grad (src/open_clip/loss.py at 89fb801): own images against all texts, and own texts against all images. What
DistributedDataParallel then does to gradients, the mean over the ranks, is done here to those of the features and of t. ranks.json holds the features of
the batch, t, the mean of the ranks' losses, and the gradients in the batch's order; and what one process gets from the whole batch. --check compares.

Version: PyTorch 1.13 (Debian 12: python3-torch), float64.
"""
import argparse
import json
import os
import sys
import tempfile

import torch
import torch.distributed
import torch.distributed.nn
import torch.multiprocessing
from torch.nn.functional import cross_entropy, normalize

# Ranks, images of the batch, width.
CASES = [(2, 8, 5), (4, 12, 7)]
T = 2.6592


def features(ranks, images, width):
    generator = torch.Generator().manual_seed(images + ranks)
    # Rounded, so that the file has few digits and both sides the same numbers.
    return [(torch.randn(images, width, generator=generator, dtype=torch.float64) * 64).round() / 64 for _ in range(2)]


def work(rank, ranks, case, rendezvous, folder):
    torch.distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=ranks)
    share = case[1] // ranks
    image, text = (f[rank * share:(rank + 1) * share].clone().requires_grad_() for f in features(*case))
    t = torch.tensor(T, dtype=torch.float64, requires_grad=True)
    i_e, t_e = normalize(image, dim=1), normalize(text, dim=1)
    all_i = torch.cat(torch.distributed.nn.all_gather(i_e.contiguous()), dim=0)
    all_t = torch.cat(torch.distributed.nn.all_gather(t_e.contiguous()), dim=0)
    labels = torch.arange(share) + rank * share
    loss = (cross_entropy(t.exp() * i_e @ all_t.T, labels) + cross_entropy(t.exp() * t_e @ all_i.T, labels)) / 2
    loss.backward()
    torch.distributed.all_reduce(t.grad)
    total = loss.detach().clone()
    torch.distributed.all_reduce(total)
    # As DistributedDataParallel: divided by the number of ranks.
    torch.save([total / ranks, image.grad / ranks, text.grad / ranks, t.grad / ranks], os.path.join(folder, f"{rank}.pt"))
    torch.distributed.destroy_process_group()


def compute(case):
    ranks, images, width = case
    image, text = features(*case)
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(work, args=(ranks, case, os.path.join(folder, "rendezvous"), folder), nprocs=ranks)
        parts = [torch.load(os.path.join(folder, f"{rank}.pt")) for rank in range(ranks)]
    whole_i, whole_t, t = image.clone().requires_grad_(), text.clone().requires_grad_(), torch.tensor(T, dtype=torch.float64, requires_grad=True)
    logits = t.exp() * normalize(whole_i, dim=1) @ normalize(whole_t, dim=1).T
    whole = (cross_entropy(logits, torch.arange(images)) + cross_entropy(logits.T, torch.arange(images))) / 2
    whole.backward()
    result = {"ranks": ranks, "images": images, "width": width, "t": T, "image_features": image.flatten().tolist(), "text_features": text.flatten().tolist(),
              "loss": parts[0][0].item(), "image_gradient": torch.cat([p[1] for p in parts]).flatten().tolist(),
              "text_gradient": torch.cat([p[2] for p in parts]).flatten().tolist(), "t_gradient": parts[0][3].item()}
    # The way of open_clip is exact: one process gets the same.
    for name, value in [("loss", whole), ("image_gradient", whole_i.grad), ("text_gradient", whole_t.grad), ("t_gradient", t.grad)]:
        apart = (torch.tensor(result[name], dtype=torch.float64).flatten() - value.detach().flatten()).abs().max().item()
        assert apart < 1e-14, (name, apart)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    file = os.path.join(arguments.folder, "ranks.json")
    cases = [compute(case) for case in CASES]
    if not arguments.check:
        os.makedirs(arguments.folder, exist_ok=True)
        with open(file, "w") as target:
            json.dump({"source": f"PyTorch {torch.__version__}, float64, Gloo", "cases": cases}, target)
        return
    known = json.load(open(file))["cases"]
    worst = max(float((torch.tensor(ours[key], dtype=torch.float64) - torch.tensor(theirs[key], dtype=torch.float64)).abs().max())
                for ours, theirs in zip(cases, known) for key in ours)
    print(f"{len(cases)} cases, at most {worst:.1e} apart")
    sys.exit(worst > 1e-12)


if __name__ == "__main__":
    main()
