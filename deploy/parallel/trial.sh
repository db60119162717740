#!/usr/bin/env bash
# What kills do to a job: nothing. It runs once undisturbed; once below GNU parallel, which is killed with all that it has started, and resumed; and once
# as a loop of single workers that are killed by SIGKILL, each at a random moment. All three are merged and compared.
#   trial.sh IMAGES DIR [KILLS] [SHARDS]     KILLS of the loop: 100 if left out; SHARDS: 60
#   MLCLIP, MLCLIP_MODEL; CLIP_SEED of the random moments; CLIP_LONGEST_MS: the last of them
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
images=$(realpath "$1")
mkdir -p "$2"
dir=$(realpath "$2")
kills=${3:-100}
shards=${4:-60}
mlclip=${MLCLIP:-mlclip}
longest=${CLIP_LONGEST_MS:-2500}
RANDOM=${CLIP_SEED:-17}
say() { echo "$(date +%T) $*"; }
nap() { local ms=$(( RANDOM % $1 )); sleep "$(printf '%d.%03d' $(( ms / 1000 )) $(( ms % 1000 )))"; }
count() { find "$1/done" -name '*.json' 2> /dev/null | wc -l; }

rows=$(find -L "$images" -type f | wc -l)
per_shard=$(( (rows + shards - 1) / shards ))
for name in single parallel loop; do $mlclip embed plan "$images" --out "$dir/$name" --rows "$per_shard" > /dev/null; done
$mlclip embed run --plan "$dir/single" > /dev/null
$mlclip embed merge --plan "$dir/single" --out "$dir/expected" > /dev/null
say "undisturbed: $(count "$dir/single") shards of $per_shard rows"

for _ in 1 2 3; do
  # A group of processes of its own, so that nothing of it goes on.
  setsid "$here/embed.sh" "$dir/parallel" --jobs 2 > /dev/null 2>&1 &
  group=$!
  nap $(( 2 * longest ))
  kill -KILL -- "-$group" 2> /dev/null || true
  wait "$group" 2> /dev/null || true
  say "GNU parallel killed: $(count "$dir/parallel") shards done, $(( $(wc -l < "$dir/parallel/parallel.log" 2> /dev/null || echo 1) - 1 )) in its log"
done
"$here/embed.sh" "$dir/parallel" --jobs 2 > /dev/null
$mlclip embed merge --plan "$dir/parallel" --out "$dir/merged-parallel" > /dev/null
diff -r "$dir/expected" "$dir/merged-parallel"
say "resumed: equal, bit for bit"

alive=0
rounds=0
for _ in $(seq "$kills"); do
  if [ "$(count "$dir/loop")" = "$shards" ]; then rm -r "$dir/loop/done"; rounds=$(( rounds + 1 )); fi
  $mlclip embed run --plan "$dir/loop" > /dev/null 2>&1 &
  worker=$!
  nap "$longest"
  if kill -KILL $worker 2> /dev/null; then alive=$(( alive + 1 )); fi
  wait $worker 2> /dev/null || true
done
say "killed $alive of $kills; begun again $rounds times; $(count "$dir/loop") shards done, $(find "$dir/loop/tmp" -type f | wc -l) temporary files left"
$mlclip embed run --plan "$dir/loop" > /dev/null
$mlclip embed status --plan "$dir/loop" --verify | tr '\n' ';'
echo
$mlclip embed merge --plan "$dir/loop" --out "$dir/merged-loop" > /dev/null
diff -r "$dir/expected" "$dir/merged-loop"
say "after the kills: equal, bit for bit"
