"""Writes towers.json: features, loss, gradients and one AdamW step of small CLIP towers, by PyTorch's own modules.

The network is written here a second time, from the paper and PyTorch's layers, and shares no code with the library. Weights, pixels and ids are formulas of
their names and indices, so that nothing but results has to be stored.
Run: python3 generate.py > towers.json (PyTorch 1.13; any newer one should do).
"""
import json
import math
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)

COMMON = dict(image=16, joint=8, vocabulary=600, context=12, text_width=8, text_heads=2, text_layers=2, quick=True, cbow=False)
CASES = {
    "vit": dict(COMMON, kind="vit", width=16, heads=2, layers=2, patch=8),
    "small-resnet": dict(COMMON, kind="resnet", basic=True, patches=4, width=8, blocks=[1, 2], widths=[8, 16], attention=0),
    "openai-resnet": dict(COMMON, image=32, kind="resnet", basic=False, patches=0, width=8, blocks=[1, 2], widths=[8, 8], attention=4, quick=False),
    "cbow": dict(COMMON, kind="vit", width=16, heads=2, layers=2, patch=8, cbow=True),
}


class Activation(nn.Module):
    def __init__(self, quick):
        super().__init__()
        self.quick = quick

    def forward(self, x):
        return x * torch.sigmoid(1.702 * x) if self.quick else F.gelu(x)


class Block(nn.Module):
    def __init__(self, width, heads, mask, quick):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(OrderedDict(c_fc=nn.Linear(width, 4 * width), act=Activation(quick), c_proj=nn.Linear(4 * width, width)))
        self.mask = mask

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=self.mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, heads, layers, mask, quick):
        super().__init__()
        self.resblocks = nn.Sequential(*[Block(width, heads, mask, quick) for _ in range(layers)])

    def forward(self, x):
        return self.resblocks(x)


class ViT(nn.Module):
    def __init__(self, c):
        super().__init__()
        w, grid = c["width"], c["image"] // c["patch"]
        self.conv1 = nn.Conv2d(3, w, c["patch"], c["patch"], bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(w))
        self.positional_embedding = nn.Parameter(torch.zeros(grid * grid + 1, w))
        self.ln_pre, self.ln_post = nn.LayerNorm(w), nn.LayerNorm(w)
        self.transformer = Transformer(w, c["heads"], c["layers"], None, c["quick"])
        self.proj = nn.Parameter(torch.zeros(w, c["joint"]))

    def features(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0])

    def project(self, f):
        return f @ self.proj


def shortcut(inputs, outputs, stride):
    return nn.Sequential(OrderedDict([("-1", nn.AvgPool2d(stride)), ("0", nn.Conv2d(inputs, outputs, 1, bias=False)), ("1", nn.BatchNorm2d(outputs))]))


class Basic(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.pool = nn.AvgPool2d(stride)
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.downsample = shortcut(inputs, width, 1) if stride > 1 or inputs != width else None

    def forward(self, x):
        x = self.pool(x)
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.pool = nn.AvgPool2d(stride)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = shortcut(inputs, 4 * width, stride) if stride > 1 or inputs != 4 * width else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.pool(F.relu(self.bn2(self.conv2(y))))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class AttentionPool(nn.Module):
    def __init__(self, grid, width, heads, joint):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.zeros(grid * grid + 1, width))
        self.q_proj, self.k_proj, self.v_proj = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.c_proj = nn.Linear(width, joint)
        self.heads = heads

    def forward(self, x):
        # The whole of PyTorch's attention for all positions, of which the first (the mean) is kept, with the identity for c_proj.
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(0, keepdim=True), x], 0) + self.positional_embedding[:, None]
        width = x.shape[-1]
        y, _ = F.multi_head_attention_forward(
            x, x, x, width, self.heads, None, torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]), None, None, False, 0.0,
            torch.eye(width), torch.zeros(width), use_separate_proj_weight=True,
            q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight)
        return y[0]


class ResNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        w, stem = c["width"], c["patches"]
        self.conv1 = nn.Conv2d(3, w // 2, stem, stem, bias=False) if stem else nn.Conv2d(3, w // 2, 3, 2, 1, bias=False)
        self.conv2, self.conv3 = nn.Conv2d(w // 2, w // 2, 3, padding=1, bias=False), nn.Conv2d(w // 2, w, 3, padding=1, bias=False)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(w // 2), nn.BatchNorm2d(w // 2), nn.BatchNorm2d(w)
        self.pool = nn.Identity() if stem else nn.AvgPool2d(2)
        inputs, reduction = w, 4
        for stage, (count, width) in enumerate(zip(c["blocks"], c["widths"])):
            blocks = []
            for i in range(count):
                blocks.append((Basic if c["basic"] else Bottleneck)(inputs, width, 2 if stage and not i else 1))
                inputs = width if c["basic"] else 4 * width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            reduction *= 2 if stage else 1
        self.stages = len(c["blocks"])
        if c["attention"]:
            self.attnpool = AttentionPool(c["image"] // reduction, inputs, c["attention"], c["joint"])
        else:
            self.proj = nn.Parameter(torch.zeros(inputs, c["joint"]))

    def features(self, x):
        for i in "123":
            x = F.relu(getattr(self, "bn" + i)(getattr(self, "conv" + i)(x)))
        x = self.pool(x)
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.attnpool(x) if hasattr(self, "attnpool") else x.mean((2, 3))

    def project(self, f):
        return self.attnpool.c_proj(f) if hasattr(self, "attnpool") else f @ self.proj


class Clip(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.visual = ViT(c) if c["kind"] == "vit" else ResNet(c)
        self.token_embedding = nn.Embedding(c["vocabulary"], c["text_width"])
        self.cbow, self.end = c["cbow"], c["vocabulary"] - 1
        if not self.cbow:
            self.positional_embedding = nn.Parameter(torch.zeros(c["context"], c["text_width"]))
            mask = torch.full((c["context"], c["context"]), -math.inf).triu(1)
            self.transformer = Transformer(c["text_width"], c["text_heads"], c["text_layers"], mask, c["quick"])
            self.ln_final = nn.LayerNorm(c["text_width"])
        self.text_projection = nn.Parameter(torch.zeros(c["text_width"], c["joint"]))
        self.logit_scale = nn.Parameter(torch.tensor(0.0))

    def text_features(self, ids):
        ends = [row.tolist().index(self.end) for row in ids]
        x = self.token_embedding(ids)
        if self.cbow:
            return torch.stack([x[i, :end + 1].mean(0) for i, end in enumerate(ends)])
        x = self.ln_final(self.transformer(x + self.positional_embedding))
        return torch.stack([x[i, end] for i, end in enumerate(ends)])

    def loss(self, images, texts):
        a, b = F.normalize(images, dim=1), F.normalize(texts, dim=1)
        logits = self.logit_scale.exp() * a @ b.t()
        labels = torch.arange(len(a))
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


def fill(name, shape):
    """The value of a weight, from its name and the index of the entry."""
    count, phase = math.prod(shape), sum(map(ord, name)) % 97
    waves = [math.sin(0.7 * i + phase) for i in range(count)]
    if name == "logit_scale":
        waves = [2.0]
    elif name.endswith("running_var"):
        waves = [1 + 0.5 * v for v in waves]
    elif name.endswith("weight") and len(shape) == 1:
        waves = [1 + 0.1 * v for v in waves]
    else:
        waves = [0.2 * v for v in waves]
    return torch.tensor(waves, dtype=torch.float64).float().reshape(shape)


def numbers(t):
    return [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]


def summary(t):
    """Enough to catch any difference: the sum, the sum of absolutes, a sum with varying weights, and the largest entry."""
    v = t.detach().double().flatten()
    return [float(f"{x:.9g}") for x in (v.sum(), v.abs().sum(), (v * torch.cos(torch.arange(len(v), dtype=torch.float64))).sum(), v.abs().max())]


def run(c):
    model = Clip(c)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                value.copy_(fill(name, value.shape))
    n, size = 4, c["image"]
    pixels = torch.tensor([math.sin(0.05 * i + i % 7) for i in range(n * 3 * size * size)], dtype=torch.float64).float().reshape(n, 3, size, size)
    end = c["vocabulary"] - 1
    ids = torch.tensor([[598, *[(37 * i + 11 * j) % 590 for j in range(2 + 2 * i)], end] + [end] * (c["context"] - 4 - 2 * i) for i in range(n)])
    model.eval()
    result = dict(image_features=numbers(model.visual.features(pixels)), text_features=numbers(model.text_features(ids)))
    result["image_embeds"] = numbers(model.visual.project(model.visual.features(pixels)))
    model.train()
    named = dict(model.named_parameters())
    optimizer = torch.optim.AdamW([dict(params=[p for p in named.values() if p.dim() >= 2], weight_decay=0.1),
                                   dict(params=[p for p in named.values() if p.dim() < 2], weight_decay=0.0)], lr=0.01, betas=(0.9, 0.98), eps=1e-6)
    loss = model.loss(model.visual.project(model.visual.features(pixels)), model.text_features(ids) @ model.text_projection)
    loss.backward()
    result["loss"] = loss.item()
    result["gradients"] = {name: summary(p.grad) for name, p in named.items()}
    optimizer.step()
    model.eval()
    result["stepped_image_embeds"] = numbers(model.visual.project(model.visual.features(pixels)))
    result["stepped_text_features"] = numbers(model.text_features(ids))
    return result


if __name__ == "__main__":
    print(json.dumps({name: run(c) for name, c in CASES.items()}, separators=(",", ":")))
