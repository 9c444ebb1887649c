// This process's mappings, as the kernel tells of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mayfly::zygote {

struct Mapping {
  std::uintptr_t first;
  // The first address behind it.
  std::uintptr_t end;
  // As in "rw-p".
  std::string access;
  // A file, or a word in brackets such as [heap]; empty for anonymous memory.
  std::string name;
  // The kernel does not copy it to a child (MADV_DONTFORK).
  bool dont_fork = false;

  [[nodiscard]] std::size_t size() const { return end - first; }
};

[[nodiscard]] std::vector<Mapping> ReadMappings();

// Calls back for every range of pages of the mapping that are in memory, and touches none that is not.
void ForResident(const Mapping& mapping, const std::function<void(std::uintptr_t first, std::uintptr_t end)>& visit);

// Copies memory of this process that need not be anybody's object, nor be there at all. False where it is not.
[[nodiscard]] bool Peek(std::uintptr_t address, void* into, std::size_t bytes);

// Where in the C heap `matches` holds (it is shown copies), of all places at which `bytes` could lie.
[[nodiscard]] std::vector<void*> SearchHeap(std::size_t bytes, std::size_t alignment,
                                            const std::function<bool(const void*)>& matches);

}  // namespace mayfly::zygote
