#!/usr/bin/env bash
# What killed, requeued and doubled elements do to a result: nothing. A job runs once in one process, and once as an array of which five elements are
# killed at random moments, one is requeued, one is told that its time is up, and one is started twice at once; then both are merged and compared.
#   trial.sh IMAGES DIR [SHARDS]      IMAGES: a folder; DIR: where everything goes; SHARDS: 20 if left out
#   SLURM_CONF, MLCLIP, MLCLIP_MODEL  as for submit.sh; CLIP_SEED: of the random moments
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
images=$(realpath "$1")
mkdir -p "$2"
dir=$(realpath "$2")
shards=${3:-20}
mlclip=${MLCLIP:-mlclip}
RANDOM=${CLIP_SEED:-17}
export CLIP_AT_ONCE=2
say() { echo "$(date +%T) $*"; }

rows=$(find -L "$images" -type f | wc -l)
per_shard=$(( (rows + shards - 1) / shards ))
$mlclip embed plan "$images" --out "$dir/single" --rows "$per_shard" > /dev/null
began=$(date +%s%N)
$mlclip embed run --plan "$dir/single" > "$dir/single.txt"
say "one process: $rows images in $(( ($(date +%s%N) - began) / 1000000 )) ms"
$mlclip embed merge --plan "$dir/single" --out "$dir/expected" > /dev/null

$mlclip embed plan "$images" --out "$dir/job" --rows "$per_shard" > /dev/null
cd "$dir"
# A Slurm that follows processes by cgroups kills all that a script has started; proctrack/linuxproc loses sight of it when the script is killed.
job=$(MLCLIP="setpriv --pdeathsig KILL $mlclip" "$here/submit.sh" "$dir/job")
say "array $job: $(squeue -h -r -j "$job" | wc -l) elements"

# Each of ten elements is waited for, and met some time after it has begun.
state() { squeue -h -r -j "${job}_$1" -o %T 2>/dev/null || true; }
meet() {
  local i=$1 what=$2 ms=$3 before
  while [ "$(state "$i")" = PENDING ]; do sleep 0.1; done
  sleep "$(printf '%d.%03d' $(( ms / 1000 )) $(( ms % 1000 )))"
  before=$(state "$i")
  case $what in
    # Without --batch it would be SIGTERM first.
    killed) timeout 20 scancel --signal=KILL --batch "${job}_$i" 2> /dev/null || before="${before:-over}, and had ended" ;;
    requeued) scontrol requeue "${job}_$i" 2> /dev/null || true ;;
    # As Slurm does two minutes before its time is up.
    warned) timeout 20 scancel --signal=USR1 --batch "${job}_$i" 2> /dev/null || true ;;
    doubled) $mlclip embed run --plan "$dir/job" --shard "$i" > "$dir/doubled.txt" ;;
  esac
  say "element $i $what after $ms ms (it was ${before:-over})"
}
shuffled=$(for i in $(seq 0 $(( shards - 1 ))); do echo "$RANDOM $i"; done | sort -n | awk '{ print $2 }')
set -- $shuffled
# More than five, as some end by themselves before their moment comes.
for what in killed killed killed killed killed killed killed requeued warned doubled; do
  ms=$(( 100 + RANDOM % ${CLIP_LONGEST_MS:-1200} ))
  if [ $what = doubled ]; then ms=0 double=$1; fi
  meet "$1" $what $ms >> "$dir/met.txt" &
  shift
done
wait
cat "$dir/met.txt"
say "shard $double by hand: $(awk '{ print $5 }' "$dir/doubled.txt"); by Slurm: $(awk '{ print $5 }' "$dir/clip-embed-${job}_$double.log")"

wait_for_slurm() { while [ -n "$(squeue -h)" ]; do sleep 0.3; done; }
wait_for_slurm
say "killed while they ran: $(grep -c "killed.*RUNNING)" "$dir/met.txt"); after the first round: $($mlclip embed status --plan "$dir/job" | tr '\n' ';' || true)"
say "restarts in the logs: $(grep -h requeued "$dir"/clip-embed-*.log | sort | uniq -c | tr '\n' ';' || true)"
for _ in 1 2 3; do
  if $mlclip embed status --plan "$dir/job" > /dev/null; then break; fi
  again=$("$here/submit.sh" "$dir/job")
  say "submitted again: $(squeue -h -r -j "$again" -o %K | tr '\n' ' ')"
  wait_for_slurm
done
$mlclip embed status --plan "$dir/job" --verify | tr '\n' ';'
echo
$mlclip embed merge --plan "$dir/job" --out "$dir/merged" > /dev/null
diff -r "$dir/expected" "$dir/merged"
say "equal, bit for bit: $(cd "$dir/merged" && find . -type f | sort | xargs sha256sum | cut -c1-12,65- | tr '\n' ' ')"
