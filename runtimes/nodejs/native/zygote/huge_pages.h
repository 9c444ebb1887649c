// Node's read-only data in huge pages: a copy then has a fraction of the page tables to copy and of the faults to take.
// The code itself is done by Node (--use-largepages=on).
#pragma once

#include <string>

namespace mayfly::zygote {

// Moves what is in memory of the executable's constants, in blocks of 2 MiB, to anonymous memory at the same place.
// Gives the number of blocks: 0 where the kernel has no huge pages, which costs speed alone.
int MoveConstantsToHugePages();

}  // namespace mayfly::zygote
