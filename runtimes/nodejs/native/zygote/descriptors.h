// What of this process's descriptors a copy must not keep.
//
// Simply closing them all breaks a copy: as part of fork(), libuv opens a signal pipe for it, on numbers that were free
// just then. So a copy is made, once, to see what stays.
#pragma once

#include <v8-isolate.h>

#include <map>
#include <string>
#include <vector>

#include "child/step.h"
#include "refusal.h"

namespace mayfly::zygote {

// Fills in what is open before and after, and replaced by nobody: neither by fork() nor by uv_loop_fork().
[[nodiscard]] Refusal FindLeftovers(v8::Isolate* isolate, std::vector<DescriptorRange>& leftovers);

using OpenDescriptors = std::map<int, std::string>;
[[nodiscard]] OpenDescriptors ListDescriptors();

}  // namespace mayfly::zygote
