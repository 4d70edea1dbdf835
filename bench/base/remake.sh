#!/bin/bash
# Makes a shapes base from random weights, in four runs, each from the last one's checkpoint:
#
#   bash bench/base/remake.sh OUT [PEERS]        e.g. runs/base 4; the last run's checkpoint is OUT/4
#
# DEVICE=webgpu (the default) or cpu; SCALE=0.01 takes a hundredth of the steps and QUESTIONS=0 measures nothing, to see that it
# runs. Processes that train together meet in MEET, best a folder in memory.
set -e
out=$1 peers=${2:-1}
[ -n "$out" ] || { echo 'usage: bash bench/base/remake.sh OUT [PEERS]' >&2; exit 2; }
device=${DEVICE:-webgpu} meet=${MEET:-$out/meeting}
tokens=$([ "$device" = cpu ] && echo 4096 || echo 400000)

# run NUMBER STEPS SCENES RATE settings...: `SCENES` a step, of all peers together.
run() {
  local number=$1 steps rate=$4 scenes=$(( ($3 + peers - 1) / peers )) from=() together=() started=()
  steps=$(node -p "Math.max(2, Math.round($2 * ${SCALE:-1}))")
  shift 4
  [ "$number" = 1 ] || from=(--from "$out/$((number - 1))")
  for ((k = 0; k < peers; k++)); do
    [ "$peers" = 1 ] || together=(--peer "$k/$peers" --meet-in "$meet/$number" --meet-every 16)
    node bin/spanwise.js pretrain shapes --out "$out/$number" "${from[@]}" "${together[@]}" --device "$device" --seed "$number" \
      --micro-batch-tokens "$tokens" --steps "$steps" --scenes "$scenes" --learning-rate "$rate" --warmup $((steps / 20)) \
      --evaluate-every $((steps / 2)) --questions ${QUESTIONS:-64} "$@" &
    started+=($!)
  done
  for one in "${started[@]}"; do wait "$one"; done
}
shares() { for share in "$@"; do echo "--set shares.$share"; done; }

# What two seconds show, and nothing else.
run 1 450 112 0.0015 $(shares glimpse=[1] stretch=[0] whole=[0] blanked=[0] verify=[0] counting=[0] choice=[0] grounded=[0] seek=[0])
# Everything, in the default shares: from glimpses and stretches to whole clips.
run 2 2200 64 0.002
# Less grounding, more of what is learnt later.
run 3 160 60 0.0012 $(shares glimpse=[0.2] stretch=[0.4] whole=[0.8] blanked=[0.3] verify=[1.2] counting=[1,0.8] choice=[0.6] \
  grounded=[0.8] seek=[0.8]) --set absent=[0.1]
# Mostly frame seeking and counting.
run 4 200 56 0.0012 $(shares glimpse=[0.2] stretch=[0.2] whole=[0.4] blanked=[0.3] verify=[0.7] counting=[1] choice=[0.5] \
  grounded=[0.4] seek=[2.5]) --set absent=[0.1] --sharpness ${SHARPNESS:-1}
