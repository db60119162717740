#!/usr/bin/env bash
# Works on good and hostile images on 64 threads and in pipelines that are left half-read, and fails if memory, threads or handles grow.
#
#   eng/soak/soak.sh MINUTES MODEL FILE...
#   eng/soak/soak.sh 60 samples/models/tiny-clip samples/images/* ../shared/fixtures/preprocess/images/* ../shared/fixtures/attack/*.{gif,ico,jpg,png,webp}
set -euo pipefail
exec dotnet run -c Release --project "$(dirname "$0")" -- soak "$@"
