#!/usr/bin/env bash
# What launcher.sh costs: milliseconds of 200 starts of the program that it chooses, directly and through it, by turns. The programs are those of
# `dotnet run -c Release --project benchmarks -- aot --build-only`; with nothing to read they make their networks and end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
programs=$PWD/../../artifacts/aot-benchmark
cp launcher.sh "$programs/"
level=x86-64-v3
if grep -qw avx512f /proc/cpuinfo; then level=x86-64-v4; fi
now() { echo $(($(date +%s%N) / 1000)); }
direct=0 launched=0
for ((i = 0; i < 200; i++)); do
  begin=$(now); "$programs/$level/aot-benchmark" </dev/null >/dev/null; middle=$(now); sh "$programs/launcher.sh" </dev/null >/dev/null; end=$(now)
  direct=$((direct + middle - begin)) launched=$((launched + end - middle))
done
echo "directly: $((direct / 200)) us, through launcher.sh: $((launched / 200)) us"
for program in "$programs"/x86-64-v*/aot-benchmark; do echo "$(stat -c %s "$program") bytes: ${program#"$programs/"}"; done
