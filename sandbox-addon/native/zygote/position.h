// Who forks must place the copy in new namespaces, which takes privileges, and who has run a function's code must have
// none. So the places are taken before: for each future copy of a snapshot stands a process in the copy's own sandbox,
// behind all of its walls, that shares the snapshot's memory and waits. Woken, it forks and ends: what it forked is a copy
// of that memory, in that place, and a child of that sandbox's init. See snapshot.h.
//
// The function's code can write whatever such a process will do. It gains nothing by it: who does that stands where the
// function's own call will stand, with no more rights.
#pragma once

#include <cstdint>

#include "zygote/copy_order.h"

namespace mayfly::zygote {

struct Position {
  std::uint64_t copy = 0;
  // Futexes. Not 0 while its holder lives, and 0 while that is to wait.
  std::uint32_t is_held = 0;
  std::uint32_t woken = 0;
};

// In a snapshot that still has its zygote's privileges, with every signal blocked. The holder says kParked or
// kEntryFailed to the launcher by itself. 0 or an errno; `position` must never move.
[[nodiscard]] int Take(Position& position, CopyOrder& order);

// Returns twice, once the holder is gone: false here, true in the copy. The calling thread must be the only one.
[[nodiscard]] bool CopyAt(Position& position);

}  // namespace mayfly::zygote
