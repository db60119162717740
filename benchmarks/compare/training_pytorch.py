"""Prints the images a second that PyTorch trains the network of the default model at: float32, the paper's loss, AdamW, ready tensors.

Started by Microsoft.ML.Clip.TorchSharp.Benchmarks, which trains by turns with it:

    dotnet run -c Release --project benchmarks/Microsoft.ML.Clip.TorchSharp.Benchmarks -- training

With CLIP_PROFILE=1 the error output has the step's time by operator.
"""
import os
import sys
import time

import torch

import peers

absent = {}
peers.check_blas(absent, {})
if absent:
    sys.exit(absent["openai-torch"])
sys.path.insert(0, sys.argv[1])
from generate import COMMON, Clip  # noqa: E402

# generate.py wants one thread for its golden values; speed takes what the machine has.
torch.set_num_threads(os.cpu_count())
BATCH, STEPS, REPORT, LENGTH = 128, 24, 4, 12

model = Clip(dict(COMMON, image=64, joint=128, vocabulary=1024, context=LENGTH, text_width=128, text_heads=4, text_layers=1, kind="resnet", basic=True,
                  patches=4, width=48, blocks=[1, 2, 2], widths=[48, 128, 256], attention=0)).to(memory_format=torch.channels_last)
for name, value in model.named_parameters():
    if value.dim() >= 2:
        torch.nn.init.normal_(value, std=0.05)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.2)
pixels = torch.randn(BATCH, 3, 64, 64).to(memory_format=torch.channels_last)
ids = torch.randint(0, 1000, (BATCH, LENGTH))
ids[:, -1] = 1023



def step():
    optimizer.zero_grad(set_to_none=True)
    loss = model.loss(model.visual.project(model.visual.features(pixels)), model.text_features(ids) @ model.text_projection)
    loss.backward()
    optimizer.step()
    loss.item()


speeds = []
for _ in range(STEPS // REPORT):
    start = time.perf_counter()
    for _ in range(REPORT):
        step()
    speeds.append(BATCH * REPORT / (time.perf_counter() - start))
print(sorted(speeds[1:])[(STEPS // REPORT - 1) // 2])
if os.environ.get("CLIP_PROFILE"):
    with torch.autograd.profiler.profile() as profile:
        for _ in range(REPORT):
            step()
    print(profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=14), file=sys.stderr)
