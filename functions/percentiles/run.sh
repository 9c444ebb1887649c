#!/bin/sh
# A JSON list of numbers on stdin; their percentiles (nearest rank) as JSON on stdout.
set -eu

tr -d '[] \t\n' | tr ',' '\n' | sort -g | awk '
  /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/ { value[++n] = $1; sum += $1; next }
  { bad = $0; exit }

  function at(percent,   rank) {
    rank = int(n * percent / 100)
    if (rank < n * percent / 100 || rank == 0) rank++
    return value[rank]
  }

  END {
    if (bad != "" || n == 0) {
      print "the event is a list of numbers, such as [1, 2.5]; got: " (bad == "" ? "nothing" : bad) | "cat >&2"
      exit 2
    }
    printf "{\"count\":%d,\"mean\":%.10g,\"min\":%s,\"p50\":%s,\"p90\":%s,\"p99\":%s,\"max\":%s}\n",
      n, sum / n, value[1], at(50), at(90), at(99), value[n]
  }
'
