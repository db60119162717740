#!/usr/bin/env bash
# Submits what a plan has left, as an array; again after failures. Prints the job's number, or that nothing is left; ends with 42 when what is left is damaged (embed status says how).
#   submit.sh PLAN [OPTION OF sbatch]...
#   MLCLIP_MODEL    the model of the plan
#   CLIP_AT_ONCE    how many elements run at the same time; default: as many as Slurm has room for
#   CLIP_ELEMENTS   for plans with more shards than an array may have elements: how many elements share them; default 256
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
plan=${1:?the plan: plan.json, or its folder}
plan=$(cd "$(dirname "$plan")" && pwd)/$(basename "$plan")
shift

set +e
left=$(${MLCLIP:-mlclip} embed status --plan "$plan" --array)
code=$?
set -e
if [ "$code" -eq 0 ]; then echo "Nothing is left of $plan."; exit 0; fi
if [ "$code" -ne 1 ]; then exit "$code"; fi
# 1 without numbers: what is left could not be found out. An array of nothing is none to sbatch.
if [ -z "$left" ]; then exit 1; fi

# Slurm's limit is one of numbers, not of how many there are.
limit=$(scontrol show config | awk '$1 == "MaxArraySize" { print $3 }')
last=${left##*[,-]}
by_worker=0
if [ "$last" -ge "${limit:-1001}" ]; then
  # Elements of an array without gaps; each passes over what is done.
  by_worker=1
  left=0-$(( ${CLIP_ELEMENTS:-256} - 1 ))
fi
# By the environment and not in --export, where a comma in a path would end it.
export CLIP_PLAN=$plan CLIP_BY_WORKER=$by_worker
sbatch --parsable --array="$left${CLIP_AT_ONCE:+%$CLIP_AT_ONCE}" --export=ALL "$@" "$here/embed.sbatch"
