#include "heap_pages.h"

#include <sys/mman.h>

#include "memory_map.h"

namespace mayfly::zygote {

Refusal LetHeapBeCopied() {
  int swept = 0;
  for (const Mapping& mapping : ReadMappings()) {
    if (!mapping.dont_fork) continue;
    // Mappings of the kernel's own ([vvar]) refuse, and every copy has them anyway.
    if (madvise(reinterpret_cast<void*>(mapping.first), mapping.size(), MADV_DOFORK) == 0) swept++;
  }
  if (swept == 0) return "V8's heap cannot be told from other memory: no mapping is marked MADV_DONTFORK";
  return {};
}

Refusal KeepSharedMemory() {
  for (const Mapping& mapping : ReadMappings()) {
    if (mapping.access != "rw-s") continue;
    if (madvise(reinterpret_cast<void*>(mapping.first), mapping.size(), MADV_DONTFORK) != 0)
      return "memory that is shared (" + mapping.name + ") cannot be kept from copies";
  }
  return {};
}

}  // namespace mayfly::zygote
