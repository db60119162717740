#!/usr/bin/env bash
# Runs a plan's shards by GNU parallel, on this machine or several; started again after it was stopped or killed, it goes on.
#   embed.sh PLAN [OPTION OF parallel]...      such as --jobs 1 --sshlogin node1,node2
#   MLCLIP, MLCLIP_MODEL                       the command (default: mlclip) and the plan's model
set -euo pipefail
plan=${1:?the plan: plan.json, or its folder}
plan=$(cd "$(dirname "$plan")" && pwd)/$(basename "$plan")
shift
mlclip=${MLCLIP:-mlclip}
folder=$plan
if [ -f "$plan" ]; then folder=$(dirname "$plan"); fi
shards=$($mlclip embed status --plan "$plan" --json | grep -o '"shards":[0-9]*' | cut -d: -f2) || true
[ -n "$shards" ] || exit 42

# --resume-failed: what the log has as done is passed over, what failed is tried again; so does mlclip itself, by its markers, if the log is lost.
# --termseq: who is stopped has half a minute to drop the shard at work.
# The plan by the environment: its path may have what a shell, or parallel, reads otherwise.
export CLIP_PLAN=$plan
seq 0 $(( shards - 1 )) | parallel --jobs 1 --joblog "$folder/parallel.log" --resume-failed --termseq TERM,30000,KILL,25 --env MLCLIP_MODEL --env CLIP_PLAN "$@" \
  "$mlclip embed run --plan \"\$CLIP_PLAN\" --shard {}"
