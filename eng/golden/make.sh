#!/usr/bin/env bash
# Makes all golden sets that the tests look for in ../shared/fixtures, in order, into a folder: what is in it already, inputs above all, stays.
#   eng/golden/make.sh ../shared/fixtures
# Wants Debian 12's python3-sklearn, python3-torch, python3-pil and python3-regex, git, and Node.js 20 with npm.
set -euo pipefail
fixtures=$(realpath -m "$1")
cd "$(dirname "$0")"
python=/usr/bin/python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git clone --quiet https://github.com/openai/CLIP "$work/openai-clip"
git -C "$work/openai-clip" checkout --quiet "$($python -c 'import openai_clip; print(openai_clip.COMMIT)')"
mkdir "$work/npm"
(cd "$work/npm" && npm install --silent --no-audit --no-fund tokenizers@0.23.2)

"$python" preprocess.py "$fixtures/preprocess"
"$python" models.py "$fixtures" --openai-clip "$work/openai-clip"
"$python" tokenizer.py "$fixtures" --openai-clip "$work/openai-clip" --npm "$work/npm"
"$python" linear_probe.py "$fixtures/linear-probe"
"$python" contrastive.py "$fixtures/contrastive"
