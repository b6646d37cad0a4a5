# The tests of `run`: each is a function that prints what happens and ends with 0 (passed), 77 (skipped, the reason last) or another code (failed). `run`
# sets $repository, $here, $work, $feed, $version, $build.

# Each in a subshell with -e: the first command that fails ends the test.
pack_both() (
  set -e
  # Before the package folder is a new one: the repository is restored as always.
  dotnet pack "$repository/src/NetCompiler" -c Release "${build[@]}" -p:PackageVersion="$version" -o "$feed" --nologo
  dotnet pack "$repository/src/NetCompiler.Templates" -c Release -p:PackageVersion="$version" -o "$feed" --nologo
  cd "$feed"
  files=$(echo *)
  [[ $files == "NetCompiler.$version.nupkg NetCompiler.$version.snupkg NetCompiler.Templates.$version.nupkg" ]] || fail "There are: $files"
)

contents() (
  set -e
  command -v unzip >/dev/null || skip "There is no unzip here."
  package=$feed/NetCompiler.$version.nupkg
  list=$(unzip -Z1 "$package")
  for file in lib/net10.0/NetCompiler.dll lib/net10.0/NetCompiler.xml analyzers/dotnet/cs/NetCompiler.Generators.dll buildTransitive/NetCompiler.props \
    buildTransitive/NetCompiler.targets buildTransitive/native/startup-check.c README.md icon.png; do
    grep -qx "$file" <<<"$list" || fail "The package has no $file. It has: $list"
  done
  # Beside them only the generator with machine code, of all platforms or (where the ahead-of-time compiler cannot be had) of none.
  found=$(grep '\.dll$' <<<"$list" | grep -vxF -e lib/net10.0/NetCompiler.dll -e analyzers/dotnet/cs/NetCompiler.Generators.dll | sort | xargs)
  [[ -z $found || $found == "$(printf 'tools/generator/%s/NetCompiler.Generators.dll\n' linux-arm64 linux-x64 osx-arm64 win-x64 | xargs)" ]] || fail "The package has other assemblies: $found"
  nuspec=$(unzip -p "$package" NetCompiler.nuspec)
  for part in '<license type="expression">MIT</license>' '<icon>icon.png</icon>' '<readme>README.md</readme>' 'commit="'; do
    grep -qF "$part" <<<"$nuspec" || fail "The nuspec has no $part: $nuspec"
  done
  ! grep -q '<dependency ' <<<"$nuspec" || fail "The package depends on others: $nuspec"
  unzip -p "$feed/NetCompiler.$version.snupkg" lib/net10.0/NetCompiler.pdb >"$work/NetCompiler.pdb"
  grep -qaF '"/_/*":"https://' "$work/NetCompiler.pdb" || fail "The symbols have no SourceLink."
)

same_again() (
  set -e
  unset NUGET_PACKAGES
  dotnet pack "$repository/src/NetCompiler" -c Release --no-build -p:PackageVersion="$version" -o "$work/again" --nologo
  cmp "$feed/NetCompiler.$version.nupkg" "$work/again/NetCompiler.$version.nupkg"
)

# The consumer's results under the JIT are kept for the native program: $work/jit-PATH.
consumer_jit() (
  set -e
  cp -r "$here/Consumer" "$work/consumer"
  cd "$work/consumer/App"
  dotnet build -c Release -warnaserror -p:NetCompilerVersion="$version" -o "$work/jit" --nologo
  "$work/jit/App" | tee "$work/results"
  grep -q '^hash ' "$work/results"
  NETCOMPILER_PATH=256 "$work/jit/App" | tee "$work/jit-256"
)

# generators ARGUMENT...: builds the consumer's library once more and prints which files of the package the compiler had as generators; $work/jitted lists the methods that the JIT compiled.
generators() {
  rm -f "$work/jitted"
  DOTNET_JitStdOutFile=$work/jitted DOTNET_JitDisasmSummary=1 dotnet build "$work/consumer/Library" -c Release --no-restore --no-incremental --nologo -warnaserror \
    -p:NetCompilerVersion="$version" -p:UseSharedCompilation=false -p:RunAnalyzers=false -o "$work/generated" -getItem:Analyzer "$@" >"$work/analyzers" || { cat "$work/analyzers"; return 1; }
  sed -nE "s#.*\"Identity\": \".*/netcompiler/$version/(.*NetCompiler\.Generators\.dll)\".*#\1#p" "$work/analyzers"
}

# With machine code, which is used, and without: the same assembly comes of both.
generator_ready_to_run() (
  set -e
  platform=$(uname -sm | sed 's/Linux x86_64/linux-x64/; s/Linux aarch64/linux-arm64/; s/Darwin arm64/osx-arm64/')
  ready=tools/generator/$platform/NetCompiler.Generators.dll
  plain=analyzers/dotnet/cs/NetCompiler.Generators.dll
  [[ -e $NUGET_PACKAGES/netcompiler/$version/$ready ]] || skip "The package has no machine code for $platform."
  own='compiled NetCompiler\.(Compiler|Generators)\.'

  found=$(generators)
  [[ $found == "$ready" ]] || fail "The generators are: $found"
  methods=$(grep -cE "$own" "$work/jitted") || true
  ((methods < 100)) || fail "The JIT compiled $methods methods of the generator."
  cp "$work/generated/Library.dll" "$work/Library.dll"

  found=$(generators -p:NetCompilerReadyToRunGenerator=false)
  [[ $found == "$plain" ]] || fail "The generators are: $found"
  methods=$(grep -cE "$own" "$work/jitted")
  ((methods > 1000)) || fail "The JIT compiled only $methods methods of the generator: they cannot be counted like that any more."
  cmp "$work/Library.dll" "$work/generated/Library.dll"
)

# Editors keep the plain generator, and who has the package without its analyzers gets none.
generator_plain() (
  set -e
  what() { dotnet msbuild "$work/consumer/Library" -p:Configuration=Release -p:NetCompilerVersion="$version" -getItem:Analyzer "$@" | sed -nE 's#.*"Identity": ".*/(.*/.*/.*/NetCompiler\.Generators\.dll)".*#\1#p'; }
  found=$(what -t:"ResolveLockFileAnalyzers;NetCompilerReadyToRunGenerator" -p:DesignTimeBuild=true)
  [[ $found == analyzers/dotnet/cs/NetCompiler.Generators.dll ]] || fail "The generators of an editor are: $found"
  found=$(what -t:NetCompilerReadyToRunGenerator)
  [[ -z $found ]] || fail "The generators without analyzers are: $found"
)

needs_native() {
  [[ $(uname -sm) == "Linux x86_64" ]] || skip "Native AOT is tested on Linux x64 only."
  command -v clang >/dev/null || command -v gcc >/dev/null || skip "There is no linker (clang or gcc) for native AOT here."
}

# publish PROJECT FOLDER [ARGUMENT...]: as native AOT; skips where the compiler's package cannot be had.
publish() {
  local project=$1 folder=$2
  shift 2
  dotnet publish "$project" -c Release -warnaserror -o "$folder" --nologo "$@" >"$work/publish" 2>&1 && { cat "$work/publish"; return 0; }
  cat "$work/publish"
  ! grep -qE 'NU1[13]0[0-9].*ILCompiler|NETSDK1203' "$work/publish" || skip "The package of the native AOT compiler cannot be had here."
  return 1
}

consumer_native() (
  set -e
  needs_native
  cd "$work/consumer/App"
  publish . "$work/native" -p:NetCompilerVersion="$version"
  grep -q 'NetCompiler: native code for processors with x86-64-v3' "$work/publish" || fail "The baseline was not reported."
  ! grep -qi ': warning' "$work/publish" || fail "There are warnings."
  grep -qw avx2 /proc/cpuinfo || skip "It was published, but this processor has no AVX2 to run it."
  "$work/native/App" | tee "$work/results"
  grep -qx 'path 256' "$work/results" || fail "It should run with 256-bit vectors."
  cmp "$work/jit-256" "$work/results"
)

startup_check() (
  set -e
  needs_native
  compiler=$(command -v clang || command -v gcc)
  "$compiler" -O1 -fPIC -ffreestanding -Wall -Wextra -Werror "-DNETCOMPILER_BASELINE=x86-64-v3,avx512f" "$repository/src/NetCompiler/buildTransitive/native/startup-check.c" \
    "$here/startup-check-test.c" -o "$work/startup-check"
  # It needs the bits 3; the variable says which ones the processor has.
  code() { "$work/startup-check" 2>"$work/said" || echo $?; }
  [[ $(AVAILABLE=1 code) == 126 ]] || fail "It should have ended with 126."
  grep -q 'compiled for processors with x86-64-v3,avx512f, and this processor lacks' "$work/said" || fail "It said: $(cat "$work/said")"
  [[ $(AVAILABLE=7 code) == started ]] || fail "It should have started."
)

below_baseline() (
  set -e
  needs_native
  [[ -x $work/native/App ]] || skip "There is no native program to start."
  command -v qemu-x86_64 >/dev/null || skip "There is no qemu-x86_64 (Debian: qemu-user) here, which has older processors."
  code=0
  qemu-x86_64 -cpu Nehalem "$work/native/App" 2>"$work/said" || code=$?
  cat "$work/said"
  ((code == 126)) || fail "It should have ended with 126, not $code."
  grep -q 'compiled for processors with x86-64-v3' "$work/said"
)

# refused CODE ARGUMENT...: the consumer must not build, with that error and no other.
refused() {
  local code=$1
  shift
  dotnet build "$work/consumer/Library" -c Release -p:NetCompilerVersion="$version" -o "$work/refused" --nologo "$@" >"$work/refusal" 2>&1 && fail "It was built."
  cat "$work/refusal"
  grep -q "error $code: NetCompiler" "$work/refusal" || fail "There is no error $code."
  ! grep -E 'error [A-Z]+[0-9]+' "$work/refusal" | grep -qv "error $code" || fail "There are other errors."
}

older_compiler() (refused NETC1001 -p:CompilerApiVersion=roslyn4.14)

older_language() (refused NETC1002 -p:LangVersion=13)

install_templates() {
  [[ -d $work/hive ]] || dotnet new install "$feed/NetCompiler.Templates.$version.nupkg" --debug:custom-hive "$work/hive"
}

console_template() (
  set -e
  install_templates
  dotnet new netcompiler-console -o "$work/My.Network" --debug:custom-hive "$work/hive"
  cd "$work/My.Network"
  dotnet build -c Release -warnaserror -o out --nologo
  out/My.Network | tee "$work/results"
  grep -q 'epoch 30: .* 100' "$work/results" || fail "It did not learn."
  out/My.Network predict 0 1 | tee "$work/results"
  grep -q 'upper moon' "$work/results"
  out/My.Network predict 1 -0.5 | tee "$work/results"
  grep -q 'lower moon' "$work/results"
)

service_template() (
  set -e
  command -v curl >/dev/null || skip "There is no curl here."
  install_templates
  dotnet new netcompiler-service -o "$work/MyService" --debug:custom-hive "$work/hive"
  cd "$work/MyService"
  dotnet build -c Release -warnaserror -o out --nologo
  ask_service out/MyService
)

service_template_native() (
  set -e
  needs_native
  cd "$work/MyService"
  publish . "$work/service-native"
  ! grep -qi ': warning' "$work/publish" || fail "There are warnings."
  ask_service "$work/service-native/MyService"
)

# ask_service PROGRAM: starts it on a free port of this machine, asks right and wrong questions, and stops it.
ask_service() {
  "$1" --urls http://127.0.0.1:0 >"$work/service" 2>&1 &
  local process=$! url= i answer
  trap "kill $process 2>/dev/null || true" EXIT
  for ((i = 0; i < 300; i++)); do
    url=$(sed -n 's/.*listening on: \(http[^ ]*\).*/\1/p' "$work/service")
    [[ -n $url ]] && break
    kill -0 "$process" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/service"
  [[ -n $url ]] || fail "It did not start."
  [[ $(curl -s --max-time 5 "$url/health") == ok ]] || fail "It is not healthy."
  answer=$(curl -s --max-time 5 "$url/score" -H 'Content-Type: application/json' -d '{ "points": [[0, 1], [1, -0.5]] }')
  echo "$answer"
  # The first is of the upper moon, the second of the lower one.
  [[ $answer =~ ^\{\"probabilities\":\[(0\.0[0-9]*|[0-9.]+E-[0-9]+),(1|0\.9[0-9]*)\]\}$ ]] || fail "It answered: $answer"
  answer=$(curl -s --max-time 5 -w ' %{http_code}' "$url/score" -H 'Content-Type: application/json' -d '{ "points": [[0, 1, 2]] }')
  [[ $answer == *'points[0] must be an array of 2 finite numbers'*' 400' ]] || fail "It answered: $answer"
  kill -TERM "$process"
  wait "$process" || fail "It did not stop in order, but with $?."
}

getting_started() (
  set -e
  mkdir "$work/start"
  awk -v native="$( (needs_native) >/dev/null && echo true)" -f "$here/blocks.awk" "$repository/docs/getting-started.md" >"$work/start.sh"
  cd "$work/start"
  DOTNET_CLI_HOME=$work/home bash -e -o pipefail "$work/start.sh"
)
