// Node's code and constants in huge pages: a copy then has a fraction of the page tables to copy and of the faults to
// take. Node's own --use-largepages knows the code alone, and asks a file in /sys, which a sandbox does not have.
#pragma once

namespace mayfly::zygote {

// Moves what is in memory of the executable, in blocks of 2 MiB, to anonymous memory at the same place. No other thread
// may run in it meanwhile. Gives the number of blocks: 0 where the kernel has no huge pages, which costs speed alone.
int MoveExecutableToHugePages();

}  // namespace mayfly::zygote
