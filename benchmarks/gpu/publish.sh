#!/bin/sh
# Publishes the GPU runner for linux-x64 with the .NET runtime and ONNX Runtime's CUDA libraries in it, compressed and cut into parts that can be
# carried to a machine without a network: publish.sh OUT [PART_BYTES]
set -eu
out=${1:?usage: publish.sh OUT [PART_BYTES]}
part=${2:-60000000}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet publish "$here/Microsoft.ML.Clip.Gpu.csproj" -c Release -r linux-x64 --self-contained -o "$work/clip-gpu" -p:DebugType=none
# TensorRT is not measured; the package lays its Windows libraries beside the others.
rm -f "$work/clip-gpu/libonnxruntime_providers_tensorrt.so" "$work"/clip-gpu/onnxruntime*.dll
rm -f "$out"/clip-gpu.tar.xz.*
tar -C "$work" -cf - clip-gpu | xz -T0 "${CLIP_GPU_XZ:--3}" | split -b "$part" -d -a 3 - "$out/clip-gpu.tar.xz."
cp "$here/join-and-run.sh" "$out/"
(cd "$out" && sha256sum clip-gpu.tar.xz.* > SHA256SUMS && ls -l)
