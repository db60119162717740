#!/usr/bin/env bash
# A Slurm of one node with two slots, for trying things out: on Debian, as root, in one folder; nothing of the system's configuration is changed.
#   one-node.sh start DIR    installs what is missing (apt), starts munged, slurmctld and slurmd; then: export SLURM_CONF=DIR/slurm.conf
#   one-node.sh stop DIR
set -euo pipefail
verb=${1:?start or stop}
mkdir -p "${2:?a folder}"
dir=$(realpath "$2")

if [ "$verb" = stop ]; then
  for name in slurmd slurmctld munged; do
    if [ -f "$dir/$name.pid" ]; then kill "$(cat "$dir/$name.pid")" 2>/dev/null || true; fi
  done
  exit 0
fi
[ "$verb" = start ] || { echo "'$verb' is neither start nor stop." >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "Slurm's daemons are started as root." >&2; exit 2; }

if ! { command -v slurmctld && command -v slurmd && command -v munged; } >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends slurm-wlm munge
fi

host=$(hostname -s)
mkdir -p "$dir/state" "$dir/spool" "$dir/munge"
chmod 755 "$dir" "$dir/munge"
if [ ! -f "$dir/munge.key" ]; then (umask 077; dd if=/dev/urandom of="$dir/munge.key" bs=128 count=1 status=none); fi

# SlurmdParameters: two slots on any machine, as many processors as it has. MinJobAge: what is over is soon forgotten.
cat > "$dir/slurm.conf" <<CONF
ClusterName=one-node
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,batch_sched_delay=0
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
SlurmctldPort=${CLIP_SLURM_PORT:-16817}
SlurmdPort=$(( ${CLIP_SLURM_PORT:-16817} + 1 ))
KillWait=10
MinJobAge=600
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$dir/slurm.conf

# --force: the folder may lie in one that others can write to.
munged --force --key-file="$dir/munge.key" --socket="$dir/munge/socket" --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge/seed"
slurmctld -c
slurmd
for _ in $(seq 60); do
  if [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; then echo "export SLURM_CONF=$SLURM_CONF"; exit 0; fi
  sleep 0.5
done
echo "The node does not become idle: $(sinfo 2>&1); see $dir/slurmctld.log and $dir/slurmd.log." >&2
exit 1
