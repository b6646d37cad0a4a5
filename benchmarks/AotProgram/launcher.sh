#!/bin/sh
# Starts the program that was published for this processor: x86-64-v4 where it has AVX-512 as that level means it, else x86-64-v3. An example for docs/native-aot.md;
# it expects the programs in folders of these names beside it.
here=$(dirname "$(readlink -f "$0")")
level=x86-64-v4
flags=" $(grep -m 1 '^flags' /proc/cpuinfo) "
for flag in avx512f avx512bw avx512cd avx512dq avx512vl; do
  case $flags in *" $flag "*) ;; *) level=x86-64-v3 ;; esac
done
exec "$here/$level/aot-benchmark" "$@"
