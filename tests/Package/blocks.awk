# Makes a bash script (-e -o pipefail) of a Markdown file's code blocks: those of kind sh are run one after the other, in one shell. A comment right before a block
# says what else to do with it:
#   <!-- file: NAME -->   it is written to that file
#   <!-- output -->       it must be in what the last sh block printed (numbers may differ, and rows of # and .)
#   <!-- fails -->        it must fail
#   <!-- native -->       it is run only with -v native=true
#   <!-- not run -->
# A block that has no comment and is not of kind sh is an error, so that none is forgotten.

BEGIN {
  print "last=$(mktemp); trap 'code=$?; ((code == 0)) || cat \"$last\"; rm -f \"$last\"' EXIT"
  print "form() { sed -E 's/[0-9]+/0/g; s/^[#.]{8,}$/row/; s/[ \\t]+$//'; }"
  print "printed() {"
  print "  local wanted found; wanted=$(form); found=$(form <\"$last\")"
  print "  [[ $found == *\"$wanted\"* ]] || { printf '%s: this should have been printed:\\n%s\\n' \"$1\" \"$wanted\"; exit 1; }"
  print "}"
}

/^<!-- .* -->$/ && !inside { what = substr($0, 6, length($0) - 9); next }

/^ *```/ && !inside {
  inside = 1
  kind = $0; sub(/^ *```/, "", kind)
  place = FILENAME ":" NR
  end = "END_OF_BLOCK_" NR
  if (what ~ /^file: /) { print "cat >'" substr(what, 7) "' <<'" end "'"; mode = "text" }
  else if (what == "output") { print "printed '" place "' <<'" end "'"; mode = "text" }
  else if (what == "not run" || (what == "native" && native != "true")) mode = "none"
  else if (kind == "sh") {
    mode = what == "fails" ? "fails" : "sh"
    print "echo '== " place "'"
    print mode == "fails" ? "if (" : "{"
  }
  else { print "echo '" place ": what is this block for?'; exit 1"; mode = "none" }
  next
}

/^ *```/ && inside {
  if (mode == "text") print end
  if (mode == "sh") print "} >\"$last\" 2>&1"
  if (mode == "fails") print ") >\"$last\" 2>&1; then echo '" place ": it should have failed'; exit 1; fi"
  inside = 0; what = ""
  next
}

inside && mode != "none" { print; next }

!inside && NF { what = "" }
